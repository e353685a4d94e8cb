using System.Text;
using System.Text.Json;
using DisBack.Sdxl.Configuration;
using DisBack.Specs.Files;

namespace DisBack.Sdxl.Tokens;

/// <summary>
/// The folder of a tokenizer: <c>vocab.json</c>, <c>merges.txt</c>, <c>special_tokens_map.json</c> and <c>tokenizer_config.json</c>. Each is checked before a
/// tokenizer is built of them, so that damage has a file's name.
/// </summary>
internal static class TokenizerFolder
{
    /// <summary>The most bytes of a file; CLIP's vocabulary has one million.</summary>
    public const int MostBytes = 1 << 24;

    /// <summary>CLIP's prompts have 77 tokens; a damaged file cannot ask for more than memory has room for.</summary>
    private const int MostTokens = 1 << 14;

    private const string Vocabulary = "vocab.json", Merges = "merges.txt", Special = "special_tokens_map.json", Settings = "tokenizer_config.json";

    private static readonly JsonSerializerOptions s_strict = new() { AllowDuplicateProperties = false };

    /// <summary>The files that are read.</summary>
    public static IReadOnlyList<string> Files { get; } = [Vocabulary, Merges, Special, Settings];

    /// <summary>Reads and checks a folder.</summary>
    /// <exception cref="DisBackException">A file is missing or damaged.</exception>
    public static ClipTokenizer Open(string folder)
    {
        var vocabulary = ReadVocabulary(Path.Combine(folder, Vocabulary));
        var merges = ReadMerges(Path.Combine(folder, Merges), vocabulary);
        var special = ReadSpecial(Path.Combine(folder, Special), vocabulary);
        return new(vocabulary, merges, special, ReadLength(Path.Combine(folder, Settings)));
    }

    private static Dictionary<string, int> ReadVocabulary(string path)
    {
        var vocabulary = ReadJson<Dictionary<string, int>>(path);
        return vocabulary.Values.Order().SequenceEqual(Enumerable.Range(0, vocabulary.Count))
            ? vocabulary
            : throw Damaged(path, $"the ids of its {vocabulary.Count:N0} tokens are not the numbers from 0, each once");
    }

    private static List<string> ReadMerges(string path, Dictionary<string, int> vocabulary)
    {
        var merges = Encoding.UTF8.GetString(RegularFile.ReadAllBytes(path, MostBytes)).TrimEnd('\n').Split('\n').ToList();
        if (merges[0].StartsWith("#version", StringComparison.Ordinal))
        {
            merges.RemoveAt(0);
        }
        var pairs = new HashSet<string>(StringComparer.Ordinal);
        foreach (var merge in merges)
        {
            if (merge.Split(' ') is not [var left, var right] || !vocabulary.ContainsKey(left) || !vocabulary.ContainsKey(right)
                || !vocabulary.ContainsKey(left + right) || !pairs.Add(merge))
            {
                throw Damaged(path, $"'{Shortened(merge)}' does not merge two tokens of {Vocabulary} into a third for the first time");
            }
        }
        return merges;
    }

    private static SpecialTokens ReadSpecial(string path, Dictionary<string, int> vocabulary)
    {
        var tokens = ReadJson<Dictionary<string, JsonElement>>(path);
        try
        {
            return new(Read("bos_token"), Read("eos_token"), Read("unk_token"), Read("pad_token"));
        }
        catch (InvalidOperationException cause)
        {
            // A text that is no UTF-8, or has half a character, passes the parser.
            throw Damaged(path, cause.Message.TrimEnd('.'), cause);
        }

        // Programs write a token as its text, or as an object that has the text beside rules for the blanks around it, which do not matter here.
        string Read(string key)
        {
            var token = tokens.GetValueOrDefault(key);
            var text = token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out var content) ? content : token;
            return text.ValueKind == JsonValueKind.String && text.GetString() is { } found && vocabulary.ContainsKey(found)
                ? found
                : throw Damaged(path, $"'{key}' is missing or no token of {Vocabulary}");
        }
    }

    private static int ReadLength(string path)
    {
        var length = ConfigReader.Open(path).Int("model_max_length");
        return length is >= 2 and <= MostTokens
            ? length
            : throw Damaged(path, $"'model_max_length' is {length}, where a prompt with its begin and end has 2 to {MostTokens} tokens");
    }

    private static T ReadJson<T>(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(RegularFile.ReadAllBytes(path, MostBytes), s_strict) ?? throw Damaged(path, "it holds null");
        }
        catch (JsonException cause)
        {
            throw Damaged(path, cause.Message.TrimEnd('.'), cause);
        }
    }

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "...";

    private static DisBackException Damaged(string path, string what, Exception? cause = null) =>
        new($"'{path}' is no part of a tokenizer of CLIP's: {what}. Copy the folder of the tokenizer again.", cause);
}
