using static TorchSharp.torch;

namespace DisBack.Sdxl.Drawing;

/// <summary>A picture and what it was drawn from.</summary>
/// <param name="Pixels">float32 [1,3,H,W] on the CPU, nominally in [-1, 1], not clamped; to be disposed of.</param>
/// <param name="Prompt">What it shows.</param>
/// <param name="Seed">The seed of its noise, which draws it again alone.</param>
public sealed record DrawnPicture(Tensor Pixels, string Prompt, long Seed) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Pixels.Dispose();
}
