using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Text;

/// <summary>What a text encoder makes of prompts.</summary>
/// <param name="Sequence">The state before the last layer, [B, N, width], not normalised.</param>
/// <param name="Pooled">The text as a whole: [B, projection width], or [B, width] where it is not projected.</param>
internal sealed record TextEncoding(Tensor Sequence, Tensor Pooled);
