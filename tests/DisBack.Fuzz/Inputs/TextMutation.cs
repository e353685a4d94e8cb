using System.Text;
using System.Text.RegularExpressions;

namespace DisBack.Fuzz.Inputs;

/// <summary>Changes JSON and YAML where it has a meaning: numbers, values, keys, nesting. Latin-1 keeps every byte apart, so that none is lost.</summary>
internal static partial class TextMutation
{
    private const int DeepestNesting = 5000;

    /// <summary>A seed with one to four changes, of its text or of its bytes.</summary>
    public static byte[] Of(Random random, IReadOnlyList<byte[]> seeds)
    {
        var bytes = seeds[random.Next(seeds.Count)];
        for (var changes = 1 + random.Next(1 << random.Next(3)); changes > 0; changes--)
        {
            bytes = random.Next(4) switch
            {
                0 => ByteMutation.Changed(random, bytes, seeds),
                1 => JsonMutation.Changed(random, bytes) ?? Changed(random, bytes),
                _ => Changed(random, bytes),
            };
        }
        // A text may come in another encoding, as its first bytes tell.
        return random.Next(100) switch
        {
            0 => [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(bytes))],
            1 => [.. Encoding.UTF8.GetPreamble(), .. bytes],
            2 => [.. Encoding.UTF32.GetPreamble(), .. Encoding.UTF32.GetBytes(Encoding.UTF8.GetString(bytes))],
            _ => bytes,
        };
    }

    /// <summary>One change.</summary>
    public static byte[] Changed(Random random, byte[] bytes) => Encoding.Latin1.GetBytes(Changed(random, Encoding.Latin1.GetString(bytes)));

    private static string Changed(Random random, string text)
    {
        switch (random.Next(8))
        {
            case 0 or 1:
                return Replaced(random, text, Number(), Interesting.Numbers[random.Next(Interesting.Numbers.Length)]);
            case 2 or 3:
                return Replaced(random, text, Value(), Interesting.Values[random.Next(Interesting.Values.Length)]);
            case 4:
                // A member or a line a second time, at once or after another one.
                var members = Member().Matches(text);
                if (members.Count == 0)
                {
                    return text;
                }
                var (again, before) = (members[random.Next(members.Count)], members[random.Next(members.Count)]);
                return text.Insert(before.Index, again.Value);
            case 5:
                var (open, close) = random.Next(4) switch { 0 => ("[", "]"), 1 => ("{\"a\":", "}"), 2 => ("{a: ", "}"), _ => ("- ", "") };
                var depth = random.Next(1 << random.Next(1, 13));
                return Replaced(random, text, Value(), Repeat(open, Math.Min(depth, DeepestNesting)) + "1" + Repeat(close, Math.Min(depth, DeepestNesting)));
            case 6:
                // Values that belong elsewhere.
                var values = Value().Matches(text);
                return values.Count == 0 ? text : Replaced(random, text, Value(), values[random.Next(values.Count)].Value);
            default:
                return Replaced(random, text, Key(), random.Next(3) switch { 0 => "x", 1 => new string('k', random.Next(3000)), _ => "schema_version" });
        }
    }

    private static string Replaced(Random random, string text, Regex what, string with)
    {
        var found = what.Matches(text);
        if (found.Count == 0)
        {
            return text + with;
        }
        var place = found[random.Next(found.Count)];
        return string.Concat(text.AsSpan(0, place.Index), with, text.AsSpan(place.Index + place.Length));
    }

    private static string Repeat(string part, int times) => new StringBuilder(part.Length * times).Insert(0, part, times).ToString();

    [GeneratedRegex(@"-?\d+(\.\d+)?([eE][-+]?\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex(@"(?<=[:\[,]\s*)(""[^""\n]*""|[\w.+-]+|\[[^\[\]\n]*\]|\{[^{}\n]*\})")]
    private static partial Regex Value();

    [GeneratedRegex(@"(""[^""\n]*""\s*:\s*(""[^""\n]*""|[\w.+-]+|\[[^\[\]]*\]|\{[^{}]*\})\s*,)|([^\n]*\n)")]
    private static partial Regex Member();

    [GeneratedRegex(@"(?<="")[^""\n]+(?=""\s*:)|\w+(?=:)")]
    private static partial Regex Key();
}
