using static TorchSharp.torch;

namespace DisBack.Sdxl.Prompts;

/// <summary>Both text encoders of SDXL. The caller owns the embeddings.</summary>
/// <param name="first">Its states are the first part of a sequence.</param>
/// <param name="second">Its states are the second part, and it pools.</param>
/// <param name="zerosForAbsent">Whether no negative prompt is zeros: <c>force_zeros_for_empty_prompt</c> of a model.</param>
internal sealed class PromptEncoder(PromptReader first, PromptReader second, bool zerosForAbsent) : IDisposable
{
    /// <summary>Encodes a batch of prompts, one at least.</summary>
    /// <exception cref="DisBackException">A prompt is longer than any prompt.</exception>
    public PromptEmbedding Encode(params IReadOnlyList<string> prompts)
    {
        using var scope = NewDisposeScope();
        var (one, two) = (first.Encode(prompts), second.Encode(prompts));
        return new(cat([one.Sequence, two.Sequence], -1).MoveToOuterDisposeScope(), two.Pooled.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// What guidance leads away from when there is no negative prompt, which is not the same as an empty one unless the model has been trained so.
    /// </summary>
    /// <param name="positive">The embedding of the prompts, for its shapes.</param>
    public PromptEmbedding Absent(PromptEmbedding positive) => zerosForAbsent
        ? new(zeros_like(positive.Sequence), zeros_like(positive.Pooled))
        : Encode([.. Enumerable.Repeat("", (int)positive.Pooled.shape[0])]);

    /// <summary>Frees the text encoders.</summary>
    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }
}
