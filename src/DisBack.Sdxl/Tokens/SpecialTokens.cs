namespace DisBack.Sdxl.Tokens;

/// <summary>Entries of a vocabulary that stand for no text of their own. A prompt that spells one out has that token there.</summary>
/// <param name="Begin">Before every prompt.</param>
/// <param name="End">After every prompt.</param>
/// <param name="Unknown">In the place of what the vocabulary does not have.</param>
/// <param name="Padding">
/// After the end, up to the full length. SDXL's second tokenizer pads with <c>!</c>, so that each <c>!</c> of a prompt is padding.
/// </param>
internal sealed record SpecialTokens(string Begin, string End, string Unknown, string Padding)
{
    /// <summary>Each of them once.</summary>
    public IReadOnlySet<string> All { get; } = new HashSet<string>([Begin, End, Unknown, Padding], StringComparer.Ordinal);
}
