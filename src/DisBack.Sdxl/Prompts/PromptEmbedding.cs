using static TorchSharp.torch;

namespace DisBack.Sdxl.Prompts;

/// <summary>What the denoiser is told of prompts.</summary>
/// <param name="Sequence">For each token what both text encoders make of it, [B, N, width 1 + width 2].</param>
/// <param name="Pooled">The text as a whole, of the second text encoder, [B, projection width].</param>
internal sealed record PromptEmbedding(Tensor Sequence, Tensor Pooled) : IDisposable
{
    /// <summary>The rows of several, one after the other; these are disposed of.</summary>
    public static PromptEmbedding Of(IReadOnlyList<PromptEmbedding> parts)
    {
        var all = new PromptEmbedding(cat([.. parts.Select(part => part.Sequence)]), cat([.. parts.Select(part => part.Pooled)]));
        foreach (var part in parts)
        {
            part.Dispose();
        }
        return all;
    }

    /// <summary>One row, as a view.</summary>
    public PromptEmbedding Row(int index) => new(Sequence.narrow(0, index, 1), Pooled.narrow(0, index, 1));

    /// <inheritdoc/>
    public void Dispose()
    {
        Sequence.Dispose();
        Pooled.Dispose();
    }
}
