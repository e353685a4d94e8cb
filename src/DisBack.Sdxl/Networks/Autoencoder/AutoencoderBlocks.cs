using DisBack.Diffusion.TextToImage.Layers;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>What the blocks of the autoencoder have in common.</summary>
internal static class AutoencoderBlocks
{
    /// <summary>What all its normalisations add to the variance.</summary>
    public const double Epsilon = 1e-6;

    /// <summary>Normalisation, SiLU and convolution.</summary>
    public static Tensor Convolved(GroupNorm norm, Conv2d convolution, Tensor x)
    {
        using var activated = norm.forward(x).silu_();
        return convolution.forward(activated);
    }

    /// <summary>
    /// The blocks one after the other. An activation of a picture of 1024 x 1024 pixels takes 1 GiB, so each is released as soon as the next is there.
    /// </summary>
    public static Tensor Through(IEnumerable<Func<Tensor, Tensor>> blocks, Tensor x)
    {
        var current = x;
        foreach (var block in blocks)
        {
            var next = block(current);
            if (!ReferenceEquals(current, x))
            {
                current.Dispose();
            }
            current = next;
        }
        return current;
    }
}
