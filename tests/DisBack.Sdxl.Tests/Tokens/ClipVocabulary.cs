using System.IO.Compression;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Tokens;

namespace DisBack.Sdxl.Tests.Tokens;

/// <summary>The tokenizers of SDXL base, out of the merges that CLIP was published with.</summary>
internal static class ClipVocabulary
{
    private const string Begin = "<|startoftext|>", End = "<|endoftext|>";
    private const int Merges = 48_894, Length = 77;

    private static readonly IReadOnlyList<string> s_merges = ReadMerges();
    private static readonly Dictionary<string, int> s_vocabulary = BuildVocabulary();

    /// <summary>The first tokenizer, padded with the end.</summary>
    public static ClipTokenizer First { get; } = new(s_vocabulary, s_merges, new(Begin, End, End, End), Length);

    /// <summary>The second, padded with an exclamation mark.</summary>
    public static ClipTokenizer Second { get; } = new(s_vocabulary, s_merges, new(Begin, End, End, "!"), Length);

    private static List<string> ReadMerges()
    {
        using var file = new GZipStream(File.OpenRead(OracleFiles.PathOf("sdxl", "bpe_simple_vocab_16e6.txt.gz")), CompressionMode.Decompress);
        return [.. new StreamReader(file).ReadToEnd().Split('\n').Skip(1).Take(Merges)];
    }

    private static Dictionary<string, int> BuildVocabulary()
    {
        // A byte is the character of its number if that is visible, and one beyond the first 256 otherwise.
        List<int> visible = [.. Enumerable.Range('!', 94), .. Enumerable.Range(0xa1, 12), .. Enumerable.Range(0xae, 82)];
        List<string> bytes = [.. visible.Concat(Enumerable.Range(256, 256 - visible.Count)).Select(symbol => ((char)symbol).ToString())];
        return bytes.Concat(bytes.Select(symbol => symbol + "</w>"))
            .Concat(s_merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal)))
            .Append(Begin).Append(End)
            .Index().ToDictionary(token => token.Item, token => token.Index, StringComparer.Ordinal);
    }
}
