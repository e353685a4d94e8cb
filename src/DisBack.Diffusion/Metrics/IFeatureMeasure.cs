using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>Something that is measured on generated images by their features, batch by batch.</summary>
public interface IFeatureMeasure
{
    /// <summary>Takes the features [count, F] of the images numbered first to first + count - 1.</summary>
    void Add(long first, Tensor features);
}
