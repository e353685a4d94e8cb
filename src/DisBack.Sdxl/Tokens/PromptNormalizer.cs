using System.Text;
using ADRaffy.ENSNormalize;
using Microsoft.ML.Tokenizers;

namespace DisBack.Sdxl.Tokens;

/// <summary>
/// The text that a tokenizer of CLIP's takes apart: composed (NFC) and in lower case, code point by code point. This is the rule of Hugging Face's fast
/// tokenizers; mojibake, quotes and HTML stay as they are.
/// </summary>
internal sealed class PromptNormalizer : Normalizer
{
    /// <summary>The one code point whose lower case is two of them; invariant casing leaves it as it is.</summary>
    private const int CapitalIWithDotAbove = 0x130;

    /// <inheritdoc/>
    public override string Normalize(string original)
    {
        // string.Normalize returns its text unchanged where globalization is invariant. Runes replace lone surrogates, which have no composed form.
        var composed = ENSNormalize.NF.NFC(original.EnumerateRunes().Select(rune => rune.Value));
        var lower = new StringBuilder(composed.Count);
        foreach (var rune in composed.Select(codePoint => new Rune(codePoint)))
        {
            if (rune.Value == CapitalIWithDotAbove)
            {
                lower.Append("i\u0307");
            }
            else
            {
                lower.Append(Rune.ToLowerInvariant(rune));
            }
        }
        return lower.ToString();
    }

    /// <inheritdoc/>
    public override string Normalize(ReadOnlySpan<char> original) => Normalize(original.ToString());
}
