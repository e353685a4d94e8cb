using static TorchSharp.torch;

namespace DisBack.Sdxl.Prompts;

/// <summary>What the denoiser is told of prompts.</summary>
/// <param name="Sequence">For each token what both text encoders make of it, [B, N, width 1 + width 2].</param>
/// <param name="Pooled">The text as a whole, of the second text encoder, [B, projection width].</param>
internal sealed record PromptEmbedding(Tensor Sequence, Tensor Pooled) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Sequence.Dispose();
        Pooled.Dispose();
    }
}
