using DisBack.Diffusion;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Generators;
using DisBack.Specs.Noise;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>The draws of a stage, from the streams of its seed.</summary>
/// <param name="streams">The randomness of the run.</param>
/// <param name="stage">The stage: two stages never share a stream.</param>
/// <param name="generator">Tells the shapes of latents and samples.</param>
/// <param name="conditions">Where conditions come from.</param>
/// <param name="device">Where the draws are needed.</param>
internal sealed class SeededDraws(RandomStreams streams, string stage, IGenerator generator, IConditionSource conditions, Device device) : IDraws
{
    public Draw At(long step, NoiseLaw law, long batch, string? purpose = null)
    {
        // All from one stream, in this order.
        using var stream = streams.For(purpose is null ? stage : $"{stage}/{purpose}", step);
        var latents = randn([batch, .. generator.LatentShape], float32, generator: stream);
        var condition = conditions.Draw(batch, stream);
        var sigma = law.Sample(batch, stream);
        var shape = generator.SampleShape;
        var noise = randn([batch, shape.Channels, shape.Height, shape.Width], float32, generator: stream);
        return new Draw(latents.SentTo(device), sigma.SentTo(device), noise.SentTo(device), condition?.SentTo(device));
    }
}
