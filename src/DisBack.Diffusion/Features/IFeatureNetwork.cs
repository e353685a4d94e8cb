using static TorchSharp.torch;

namespace DisBack.Diffusion.Features;

/// <summary>A network whose features give images a distance; FID compares their statistics.</summary>
public interface IFeatureNetwork : IDisposable
{
    /// <summary>SHA-256 of the network's file, in lower-case hex: figures are comparable only if made with one network.</summary>
    string Digest { get; }

    /// <summary>Features float32 [N, F] of images float32 [N, C, H, W] in [-1, 1], without gradients.</summary>
    /// <exception cref="DisBackException">The network cannot read images of this shape.</exception>
    Tensor Extract(Tensor images);
}
