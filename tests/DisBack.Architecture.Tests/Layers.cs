using System.Text.RegularExpressions;

namespace DisBack.Architecture.Tests;

/// <summary>Which project may use which: the text is the picture of the layers in src/README.md as well.</summary>
internal static partial class Layers
{
    public const string Fence = "```layers";

    /// <summary>From the bottom to the top; each line names all projects whose types the project uses.</summary>
    public const string Text = """
        Specs         -> nothing
        Telemetry     -> nothing
        Search        -> Specs
        Storage       -> Telemetry, Specs
        Diffusion     -> Specs
        Sdxl          -> Diffusion, Specs
        Distillation  -> Diffusion, Specs
        Contracts     -> Specs
        GrainStorage  -> Storage
        ReadModel     -> Contracts, Storage, Specs
        Client        -> Contracts, Search, Storage, Specs
        Orchestration -> Contracts, Distillation, Sdxl, Diffusion, GrainStorage, Search, Storage, Telemetry, Specs
        Silo          -> Orchestration, Contracts, Storage, Telemetry, Specs
        Gateway       -> Client, ReadModel, Contracts, Search, Storage, Telemetry, Specs
        Cli           -> Gateway, Client, ReadModel, Orchestration, Contracts, Distillation, Sdxl, Diffusion, Search, Storage, Telemetry, Specs
        """;

    private const string Nothing = "nothing";

    public static IReadOnlyDictionary<string, IReadOnlySet<string>> Table { get; } = Parse(Text);

    /// <summary>Reads lines like "Distillation -> Diffusion, Specs".</summary>
    public static Dictionary<string, IReadOnlySet<string>> Parse(string text)
    {
        var rows = new Dictionary<string, IReadOnlySet<string>>();
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var sides = line.Split("->", StringSplitOptions.TrimEntries);
            if (sides.Length != 2)
            {
                throw new FormatException($"'{line}' is no line of the layers; write for example 'Distillation -> Diffusion, Specs'.");
            }
            rows.Add(
                sides[0],
                sides[1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(name => name != Nothing).ToHashSet());
        }
        return rows;
    }

    /// <summary>The content of the fenced block in a text in Markdown; null if it has none.</summary>
    public static string? BlockIn(string markdown) => FencedBlock().Match(markdown) is { Success: true } match ? match.Groups["text"].Value : null;

    public static string Line(string project, IEnumerable<string> uses) =>
        $"{project} -> {(uses.Any() ? string.Join(", ", uses.Order(StringComparer.Ordinal)) : Nothing)}";

    [GeneratedRegex(@"^```layers[ \t]*\r?\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex FencedBlock();
}
