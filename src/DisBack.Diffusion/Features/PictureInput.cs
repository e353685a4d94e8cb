using static TorchSharp.torch;

namespace DisBack.Diffusion.Features;

/// <summary>Images as the networks for photographs take them: RGB, at the 256 levels of a picture file, at a fixed size.</summary>
internal static class PictureInput
{
    /// <summary>
    /// Float images [N, 1 or 3, H, W] in [-1, 1] as whole float32 levels [N, 3, H, W] from 0 to 255, rounded as EDM rounds them when it writes pictures.
    /// </summary>
    /// <param name="images">What a generator made or a data set has; grey becomes three equal channels.</param>
    /// <param name="network">What to call the network in messages.</param>
    /// <exception cref="DisBackException">
    /// The images have another shape, or one is NaN or infinite, which no longer shows in bytes.
    /// </exception>
    public static Tensor Levels(Tensor images, string network)
    {
        if (images.dim() != 4 || images.shape[1] is not (1 or 3) || images.shape[2] < 1 || images.shape[3] < 1)
        {
            throw new DisBackException($"{network} takes grey or RGB images [N, 1 or 3, H, W], not [{string.Join(", ", images.shape)}]: name other features.");
        }
        using var scope = NewDisposeScope();
        if (!images.isfinite().all().item<bool>())
        {
            throw new DisBackException("Images to be evaluated are not finite: the network that made them has diverged.");
        }
        return (images.to(float32) * 127.5f + 128).clamp(0, 255).floor().expand(-1, 3, -1, -1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The bilinear resize of TensorFlow 1, which the Inception network of FID was published with: pixel i of the result lies at i * in / out of the
    /// source, neither shifted by half a pixel nor averaged over more than two.
    /// </summary>
    /// <param name="images">Floating point [N, C, H, W].</param>
    /// <param name="size">Height and width of the result.</param>
    public static Tensor ResizeAsTensorFlow(Tensor images, int size)
    {
        using var scope = NewDisposeScope();
        return Along(3, Along(2, images)).MoveToOuterDisposeScope();

        Tensor Along(int dimension, Tensor x)
        {
            var from = x.shape[dimension];
            var source = arange(size, float64, x.device) * ((double)from / size);
            var below = source.floor().to(int64).clamp_max(from - 1);
            var part = (source - below).to(x.dtype);
            var low = x.index_select(dimension, below);
            var high = x.index_select(dimension, (below + 1).clamp_max(from - 1));
            return low + (high - low) * (dimension == 2 ? part.unsqueeze(1) : part);
        }
    }
}
