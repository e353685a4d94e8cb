using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>Features and weights in the type that a block computes in.</summary>
internal static class Rounding
{
    /// <summary>The tensor itself if it has this type, else its values rounded to it, with a gradient.</summary>
    public static Tensor RoundedTo(this Tensor tensor, ScalarType type) => tensor.dtype == type ? tensor : tensor.to(type);
}
