namespace DisBack.Sdxl.Tokens;

/// <summary>A prompt as a text encoder reads it.</summary>
/// <param name="Ids">Begin, the prompt, end, padding: always as many as the tokenizer's length.</param>
/// <param name="CutOff">How many tokens at the end of the prompt found no place.</param>
internal sealed record TokenizedPrompt(IReadOnlyList<long> Ids, int CutOff);
