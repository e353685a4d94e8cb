using DisBack.Diffusion;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>Batches of latents of real pictures, as the teacher knows them, with their captions. It owns the data set.</summary>
/// <param name="data">The latents.</param>
/// <param name="streams">The randomness of the run.</param>
/// <param name="device">Where they are needed.</param>
public sealed class RealLatents(LatentDataset data, RandomStreams streams, Device device) : IRealSamples
{
    /// <inheritdoc/>
    public SampleShape Shape => data.Shape;

    /// <inheritdoc/>
    public int Classes => 0;

    /// <inheritdoc/>
    public (Tensor Samples, Condition? Condition) Batch(long step, long size)
    {
        var (latents, captions) = data.Batch(streams, step, size);
        return (latents.SentTo(device), captions.SentTo(device));
    }

    /// <inheritdoc/>
    public void Dispose() => data.Dispose();
}
