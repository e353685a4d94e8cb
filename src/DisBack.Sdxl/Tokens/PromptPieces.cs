using System.Text;
using Microsoft.ML.Tokenizers;

namespace DisBack.Sdxl.Tokens;

/// <summary>
/// Takes a prompt apart into pieces within which symbols are merged: special tokens, English contractions, runs of letters, single digits and other numbers,
/// runs of other characters. White space separates and is dropped.
/// </summary>
/// <remarks>
/// CLIP's pattern is <c>'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+</c>. The regular expressions of .NET see surrogates where it means letters
/// beyond U+FFFF, hence this scan by code points.
/// </remarks>
/// <param name="special">Texts that are a piece wherever they are.</param>
internal sealed class PromptPieces(IReadOnlySet<string> special) : PreTokenizer
{
    private static readonly IReadOnlyList<string> s_contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var (kind, length) = At(text, start);
            if (LengthOfOneOf(special, text, start) is > 0 and var whole)
            {
                length = whole;
            }
            else if (LengthOfOneOf(s_contractions, text, start) is > 0 and var contraction)
            {
                length = contraction;
            }
            else if (kind is Kind.Letter or Kind.Other)
            {
                for (var next = start + length; next < text.Length && At(text, next) is var following && following.Kind == kind
                    && LengthOfOneOf(special, text, next) == 0; next += following.Length)
                {
                    length += following.Length;
                }
            }
            else if (kind == Kind.Space)
            {
                start += length;
                continue;
            }
            yield return (start, length);
            start += length;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());

    private static (Kind Kind, int Length) At(string text, int index)
    {
        var rune = Rune.GetRuneAt(text, index);
        var kind = Rune.IsWhiteSpace(rune) ? Kind.Space : Rune.IsLetter(rune) ? Kind.Letter : Rune.IsNumber(rune) ? Kind.Number : Kind.Other;
        return (kind, rune.Utf16SequenceLength);
    }

    private static int LengthOfOneOf(IEnumerable<string> candidates, string text, int index) =>
        candidates.FirstOrDefault(candidate => string.CompareOrdinal(text, index, candidate, 0, candidate.Length) == 0)?.Length ?? 0;
}
