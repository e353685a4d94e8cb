using System.Text;

namespace DisBack.Specs.Reading;

/// <summary>The characters of a spec: from bytes to text, and the ones that a message can quote.</summary>
internal static class SpecText
{
    private const int LongestQuote = 60;

    /// <summary>No character of Unicode, so that it can only stand for bytes that are none.</summary>
    private const char Undecodable = '\uffff';

    /// <summary>The text in the encoding that its first bytes tell (YAML 1.2.2, section 5.2).</summary>
    /// <exception cref="SpecException">There are bytes that are no text in that encoding.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes, string source)
    {
        var name = bytes switch
        {
            [0, 0, 0xfe, 0xff, ..] or [0, 0, 0, _, ..] => "utf-32BE",
            [0xff, 0xfe, 0, 0, ..] or [_, 0, 0, 0, ..] => "utf-32",
            [0xfe, 0xff, ..] or [0, _, ..] => "utf-16BE",
            [0xff, 0xfe, ..] or [_, 0, ..] => "utf-16",
            _ => "utf-8",
        };
        var encoding = Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, new DecoderReplacementFallback(Undecodable.ToString()));
        var text = encoding.GetString(bytes);
        var bad = text.IndexOf(Undecodable, StringComparison.Ordinal);
        return bad < 0
            ? text.StartsWith('\ufeff') ? text[1..] : text
            : throw new SpecException([new SpecProblem(At(text, bad, source), $"the bytes here are no text in {name.ToUpperInvariant()}", "a file in UTF-8")]);
    }

    /// <summary>The first character that YAML forbids (YAML 1.2.2, section 5.1); null if there is none.</summary>
    public static SpecProblem? Forbidden(string text, Func<string, int, SpecLocation> location)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            var allowed = character is '\t' or '\n' or '\r' or (>= ' ' and <= '~') or '\x85' or (>= '\xa0' and < '\ud800') or (> '\udfff' and <= '\ufffd');
            if (!allowed && i + 1 < text.Length && char.IsSurrogatePair(character, text[i + 1]))
            {
                i++;
            }
            else if (!allowed)
            {
                return new SpecProblem(location(text, i), $"the character U+{(int)character:X4} stands here, which YAML forbids");
            }
        }
        return null;
    }

    /// <summary>Where a character of a text is.</summary>
    public static SpecLocation At(string text, int index, string source)
    {
        var before = text.AsSpan(0, index);
        return new SpecLocation(source, before.Count('\n') + 1, index - before.LastIndexOf('\n'));
    }

    /// <summary>A text as a message quotes it: not at any length.</summary>
    public static string Quoted(string text) => text.Length <= LongestQuote ? text : $"{text.AsSpan(0, LongestQuote)}...";
}
