using DisBack.Diffusion;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Generators;
using DisBack.Specs.Noise;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>
/// The draws of a stage, from the streams of its seed. A generator of several steps makes a random number of them, the same in the whole batch.
/// </summary>
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
        if (generator.Steps > 1)
        {
            // Backward simulation: the steps before the one that learns are made by the student itself, as when it is used (DMD2, Section 4.5).
            using var steps = randint(1, generator.Steps + 1, [1], int64, generator: stream);
            latents = latents.narrow(1, 0, steps.item<long>());
        }
        return new Draw(latents.SentTo(device), sigma.SentTo(device), noise.SentTo(device), condition?.SentTo(device));
    }
}
