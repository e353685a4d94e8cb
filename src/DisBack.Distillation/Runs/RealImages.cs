using DisBack.Diffusion;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>Batches of real images for a host that needs them, in an order that is a pure function of (seed, step). It owns the data set.</summary>
/// <param name="data">The images.</param>
/// <param name="streams">The randomness of the run.</param>
/// <param name="device">Where they are needed.</param>
public sealed class RealImages(ImageDataset data, RandomStreams streams, Device device) : IDisposable
{
    /// <summary>The shape of an image.</summary>
    public SampleShape Shape { get; } = new(data.Channels, data.Resolution, data.Resolution);

    /// <summary>The number of their classes; 0 if they have none.</summary>
    public int Classes => data.LabelCount;

    /// <summary>The batch of one step: images float32 [size,C,H,W] in [-1, 1], and their classes if there are any.</summary>
    public (Tensor Images, Condition? Condition) Batch(long step, long size)
    {
        var (images, oneHot) = data.Batch(streams, step, size);
        return (images.SentTo(device), oneHot is null ? null : new ClassCondition(oneHot.SentTo(device)));
    }

    /// <inheritdoc/>
    public void Dispose() => data.Dispose();
}
