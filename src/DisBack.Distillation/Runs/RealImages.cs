using DisBack.Diffusion;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>Batches of real images in [-1, 1] with their classes. It owns the data set.</summary>
/// <param name="data">The images.</param>
/// <param name="streams">The randomness of the run.</param>
/// <param name="device">Where they are needed.</param>
public sealed class RealImages(ImageDataset data, RandomStreams streams, Device device) : IRealSamples
{
    /// <inheritdoc/>
    public SampleShape Shape { get; } = new(data.Channels, data.Resolution, data.Resolution);

    /// <inheritdoc/>
    public int Classes => data.LabelCount;

    /// <inheritdoc/>
    public (Tensor Samples, Condition? Condition) Batch(long step, long size)
    {
        var (images, oneHot) = data.Batch(streams, step, size);
        return (images.SentTo(device), oneHot is null ? null : new ClassCondition(oneHot.SentTo(device)));
    }

    /// <inheritdoc/>
    public void Dispose() => data.Dispose();
}
