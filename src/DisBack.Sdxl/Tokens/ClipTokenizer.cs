using Microsoft.ML.Tokenizers;

namespace DisBack.Sdxl.Tokens;

/// <summary>CLIP's tokenizer: byte pairs of UTF-8 in which the last symbol of a piece carries the mark <c>&lt;/w&gt;</c>.</summary>
/// <remarks>Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021; Hugging Face's <c>CLIPTokenizerFast</c>.</remarks>
internal sealed class ClipTokenizer
{
    /// <summary>
    /// The longest prompt. It is a hundred times what has an effect, and composing characters takes time that grows with the square of a length.
    /// </summary>
    private const int MostCharacters = 1 << 14;

    private readonly BpeTokenizer _pairs;
    private readonly long _begin;
    private readonly long _end;
    private readonly long _padding;

    /// <summary>Takes sound parts: what the merges make is in the vocabulary, and so are the special tokens.</summary>
    /// <param name="vocabulary">Texts and their ids.</param>
    /// <param name="merges">Two texts with a blank between them; the earlier of two merges is done first.</param>
    /// <param name="special">Special tokens.</param>
    /// <param name="length">How many ids a prompt has, 2 at least.</param>
    public ClipTokenizer(IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<string> merges, SpecialTokens special, int length)
    {
        (Length, VocabularySize) = (length, vocabulary.Count);
        (_begin, _end, _padding) = (vocabulary[special.Begin], vocabulary[special.End], vocabulary[special.Padding]);
        _pairs = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = merges,
            SpecialTokens = special.All.ToDictionary(token => token, token => vocabulary[token], StringComparer.Ordinal),
            UnknownToken = special.Unknown,
            EndOfWordSuffix = "</w>",
            ByteLevel = true,
            Normalizer = new PromptNormalizer(),
            PreTokenizer = new PromptPieces(special.All),
        });
    }

    /// <summary>How many ids a prompt has.</summary>
    public int Length { get; }

    /// <summary>All ids are less.</summary>
    public int VocabularySize { get; }

    /// <summary>Opens the folder of a tokenizer as diffusers lays it out.</summary>
    /// <exception cref="DisBackException">A file is missing or damaged.</exception>
    public static ClipTokenizer Open(string folder) => TokenizerFolder.Open(folder);

    /// <summary>The ids of a prompt; the end mark stays when the prompt is too long.</summary>
    /// <exception cref="DisBackException">The prompt is no prompt but a book.</exception>
    public TokenizedPrompt Encode(string prompt)
    {
        if (prompt.Length > MostCharacters)
        {
            throw new DisBackException($"The prompt has {prompt.Length:N0} characters, and at most {MostCharacters:N0} are read, of which the first "
                + $"{Length - 2} tokens count: shorten it.");
        }
        var tokens = _pairs.EncodeToIds(prompt);
        var kept = Math.Min(tokens.Count, Length - 2);
        return new([_begin, .. tokens.Take(kept), _end, .. Enumerable.Repeat(_padding, Length - 2 - kept)], tokens.Count - kept);
    }
}
