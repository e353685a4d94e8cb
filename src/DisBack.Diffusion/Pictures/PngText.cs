using System.Text;

namespace DisBack.Diffusion.Pictures;

/// <summary>
/// Texts in a PNG, by keyword: what a picture was drawn from travels with it. They are international text chunks ("iTXt", UTF-8), not compressed, right after
/// the header, so that any viewer of metadata shows them, whatever the language of a prompt.
/// </summary>
public static class PngText
{
    /// <summary>The most that all texts of a picture may take, in bytes of UTF-8.</summary>
    public const int MostBytes = 1 << 20;

    private const int MostKeywordBytes = 79;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes a PNG with texts in addition to those it has.</summary>
    /// <param name="png">The bytes of a PNG.</param>
    /// <param name="texts">Keywords of 1 to 79 printable characters of ASCII, without spaces at the ends, and texts without NUL.</param>
    /// <param name="target">Receives the bytes.</param>
    /// <exception cref="ArgumentException">The bytes are no PNG, or a keyword cannot be written.</exception>
    /// <exception cref="DisBackException">A text has a NUL or half a character, or all of them are too long.</exception>
    public static void Write(ReadOnlySpan<byte> png, IEnumerable<KeyValuePair<string, string>> texts, Stream target)
    {
        if (!png.StartsWith(PngChunk.Signature) || !PngChunk.TryRead(png, PngChunk.Signature.Length, out var header) || !header.Type.SequenceEqual("IHDR"u8))
        {
            throw new ArgumentException("The bytes are no PNG.", nameof(png));
        }
        var chunks = texts.Select(text => PngChunk.Make("iTXt"u8, Body(text.Key, text.Value))).ToArray();
        if (chunks.Sum(chunk => (long)chunk.Length) > MostBytes)
        {
            throw new DisBackException($"The texts that the picture is to carry take more than {MostBytes:N0} bytes: shorten the longest.");
        }
        var head = PngChunk.Signature.Length + header.Length;
        target.Write(png[..head]);
        foreach (var chunk in chunks)
        {
            target.Write(chunk);
        }
        target.Write(png[head..]);
    }

    /// <summary>The texts of a PNG that are in chunks as <see cref="Write"/> makes them; of a keyword that is there twice the first.</summary>
    /// <param name="png">The bytes of a PNG.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="DisBackException">The bytes are no PNG, are damaged, or have more text than <see cref="MostBytes"/>.</exception>
    public static IReadOnlyDictionary<string, string> Read(ReadOnlySpan<byte> png, string name)
    {
        if (!png.StartsWith(PngChunk.Signature))
        {
            throw new DisBackException($"{name} is no PNG, and only a PNG carries what it was drawn from: name another file.");
        }
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        var total = 0L;
        for (var at = PngChunk.Signature.Length; ;)
        {
            if (!PngChunk.TryRead(png, at, out var chunk))
            {
                throw new DisBackException($"{name} is truncated: replace it.");
            }
            if (chunk.Type.SequenceEqual("IEND"u8))
            {
                return texts;
            }
            if (chunk.Type.SequenceEqual("iTXt"u8))
            {
                if ((total += chunk.Length) > MostBytes)
                {
                    throw new DisBackException($"{name} carries more than {MostBytes:N0} bytes of text, where at most so many are read: name another file.");
                }
                if (!chunk.IsSound || !TryParse(chunk.Body, texts))
                {
                    throw new DisBackException($"{name} is damaged in a text that it carries: replace it.");
                }
            }
            at += chunk.Length;
        }
    }

    /// <summary>Keyword, NUL, whether compressed and how, language, NUL, translated keyword, NUL, text.</summary>
    private static byte[] Body(string keyword, string text)
    {
        if (keyword.Length is 0 or > MostKeywordBytes || keyword.Any(letter => letter is < ' ' or > '~') || keyword != keyword.Trim())
        {
            throw new ArgumentException($"'{keyword}' is no keyword of a PNG.", nameof(keyword));
        }
        try
        {
            return text.Contains('\0')
                ? throw new DisBackException($"The text '{keyword}' that the picture is to carry has a NUL character: take it out.")
                : [.. s_utf8.GetBytes(keyword), 0, 0, 0, 0, 0, .. s_utf8.GetBytes(text)];
        }
        catch (EncoderFallbackException cause)
        {
            throw new DisBackException(
                $"The text '{keyword}' that the picture is to carry has half of a character at position {cause.Index}: take it out.",
                cause);
        }
    }

    private static bool TryParse(ReadOnlySpan<byte> body, Dictionary<string, string> texts)
    {
        var keyword = body.IndexOf((byte)0);
        if (keyword < 1 || body.Length < keyword + 3)
        {
            return false;
        }
        var compressed = body[keyword + 1] != 0;
        var rest = body[(keyword + 3)..];
        // Language and translated keyword.
        for (var skipped = 0; skipped < 2; skipped++)
        {
            var end = rest.IndexOf((byte)0);
            if (end < 0)
            {
                return false;
            }
            rest = rest[(end + 1)..];
        }
        try
        {
            if (!compressed)
            {
                texts.TryAdd(Encoding.Latin1.GetString(body[..keyword]), s_utf8.GetString(rest));
            }
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
