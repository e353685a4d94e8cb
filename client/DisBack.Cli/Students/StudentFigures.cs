using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Students;

/// <summary>What was measured of a student.</summary>
/// <param name="all">Every figure that there could be; those without a value were not asked for.</param>
internal sealed class StudentFigures(IReadOnlyList<StudentFigures.Figure> all)
{
    private IEnumerable<Figure> Measured => all.Where(figure => figure.Value is not null);

    /// <summary>As people read it: <c>FID 0.48, accuracy 0.98</c>.</summary>
    public string Text => string.Join(", ", Measured.Select(figure =>
        $"{figure.Name} {Texts.Number(figure.Value!.Value)}{(figure.Std is { } std ? $" (std {Texts.Number(std)})" : "")}"));

    /// <summary>As programs read it, with a <c>_std</c> beside what has one.</summary>
    public JsonObject Json()
    {
        var document = new JsonObject();
        foreach (var (key, _, value, std) in Measured)
        {
            document[key] = value;
            if (std is not null)
            {
                document[$"{key}_std"] = std;
            }
        }
        return document;
    }

    /// <summary>One figure.</summary>
    /// <param name="Key">Its name for programs.</param>
    /// <param name="Name">Its name for people.</param>
    /// <param name="Value">Null if it was not measured.</param>
    /// <param name="Std">Its standard deviation; null if it has none.</param>
    internal sealed record Figure(string Key, string Name, double? Value, double? Std = null);
}
