using DisBack.Specs.Files;
using DisBack.Specs.Networks;

namespace DisBack.Specs.Data;

/// <summary>
/// What a file of embedded texts holds, without them. It says so in the header of its file: a safetensors file with <c>encoder_hidden_states</c> [N, T, D] and
/// <c>text_embeds</c> [N, P], both in one floating-point type.
/// </summary>
/// <param name="Count">Number of texts N.</param>
/// <param name="Tokens">Tokens of a text T.</param>
/// <param name="Shape">Width D of what both text encoders make of a token, and P of what the second one makes of a text as a whole.</param>
public sealed record EmbeddingFacts(long Count, int Tokens, EmbeddingShape Shape)
{
    /// <summary>The tensors of a file of embeddings, and the parts of a condition.</summary>
    public const string Sequence = "encoder_hidden_states", Pooled = "text_embeds";

    /// <summary>The field of the metadata that says what a file was encoded from.</summary>
    public const string Origin = "embeddings";

    /// <summary>The most that one text has, 64 MiB of float32: a hundred times what any model reads.</summary>
    private const long MostElements = 1 << 24;

    /// <summary>What the header of a file tells.</summary>
    /// <param name="header">The header.</param>
    /// <param name="name">What to call the file in messages.</param>
    /// <exception cref="DisBackException">The file has no embeddings.</exception>
    public static EmbeddingFacts Read(SafetensorsHeader header, string name) =>
        header.Entries.TryGetValue(Sequence, out var sequence) && header.Entries.TryGetValue(Pooled, out var pooled)
            && sequence.Type == pooled.Type && sequence.Type.IsFloatingPoint()
            && sequence.Shape is [> 0 and var count, > 0 and <= MostElements and var tokens, > 0 and <= MostElements and var width]
            && tokens * width <= MostElements && pooled.Shape is [var pooledCount, > 0 and <= MostElements and var pooledWidth] && pooledCount == count
                ? new(count, (int)tokens, new((int)width, (int)pooledWidth))
                : throw new DisBackException($"'{name}' is no file of embedded prompts: make one with 'disback prompts encode'.");
}
