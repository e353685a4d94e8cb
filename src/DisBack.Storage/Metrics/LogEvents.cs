using System.Text.Json;

namespace DisBack.Storage.Metrics;

/// <summary>
/// Lines of logs as what lies among the points of curves: an event of a kind of its own, which is no event to those who ask for the history of a run.
/// </summary>
public static class LogEvents
{
    /// <summary>Before an attempt is at a step, its lines have this one.</summary>
    public const long NoStep = -1;

    private const string Kind = "log";
    private const string Level = "level";
    private const string Silo = "silo";

    /// <summary>A line as an event.</summary>
    internal static MetricEvent Of(LogSeverity level, long step, string silo, string text, DateTimeOffset time) => new(
        step, Kind, text, time, JsonSerializer.SerializeToElement(new Dictionary<string, string> { [Level] = NameOf(level), [Silo] = silo }));

    /// <summary>How documents, addresses and command lines name a level.</summary>
    public static string NameOf(LogSeverity level) => level.ToString().ToLowerInvariant();

    /// <summary>Whether an event is a line. A milestone that somebody has named like it has no level.</summary>
    internal static bool IsLine(MetricEvent happened) => happened.Kind == Kind && TextOf(happened, Level) is not null;

    /// <summary>An event as a line; what is no line is a milestone, which belongs into the log as well.</summary>
    /// <param name="position">Where it lies.</param>
    /// <param name="happened">The event.</param>
    /// <param name="silo">The worker that wrote the line before.</param>
    internal static LogLine LineOf(LogPosition position, MetricEvent happened, string silo) => new(
        position.ToString(),
        position.Attempt,
        happened.Time,
        IsLine(happened) ? Enum.GetValues<LogSeverity>().FirstOrDefault(level => NameOf(level) == TextOf(happened, Level)) : LogSeverity.Info,
        happened.Step < 0 ? null : happened.Step,
        IsLine(happened) ? TextOf(happened, Silo) ?? "" : silo,
        happened.Text);

    private static string? TextOf(MetricEvent happened, string name) =>
        happened.Data is { ValueKind: JsonValueKind.Object } data && data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
