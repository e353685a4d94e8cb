using System.Text.Json;

namespace DisBack.Storage.Metrics;

/// <summary>One number of a curve.</summary>
/// <param name="Step">The training step it belongs to.</param>
/// <param name="Name">The curve, for example <c>loss/fake</c>.</param>
/// <param name="Value">The number; may be NaN or infinite.</param>
/// <param name="Time">When it was taken.</param>
public sealed record MetricPoint(long Step, string Name, double Value, DateTimeOffset Time);

/// <summary>Something that happened at a step, for example a target switch or a checkpoint.</summary>
/// <param name="Step">The training step.</param>
/// <param name="Kind">What kind of thing, for example <c>switch</c>.</param>
/// <param name="Text">A sentence for a person.</param>
/// <param name="Time">When it happened.</param>
/// <param name="Data">Details for a program.</param>
public sealed record MetricEvent(long Step, string Kind, string Text, DateTimeOffset Time, JsonElement? Data = null);

/// <summary>An event with the attempt it happened in.</summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Superseded">A later attempt resumed before this step, so the weights no longer know of it.</param>
/// <param name="Event">What happened.</param>
public sealed record AttemptEvent(int Attempt, bool Superseded, MetricEvent Event);

/// <summary>Everything a run measured, as if it had never been interrupted.</summary>
/// <param name="Points">In the order of their steps; of equal steps in the order they were written.</param>
/// <param name="Events">In the order they happened, of all attempts.</param>
public sealed record MetricHistory(IReadOnlyList<MetricPoint> Points, IReadOnlyList<AttemptEvent> Events)
{
    /// <summary>What could not be read and is missing above: a sentence for each chunk that is damaged.</summary>
    public IReadOnlyList<string> Damage { get; init; } = [];

    /// <summary>One curve.</summary>
    public IEnumerable<MetricPoint> Curve(string name) => Points.Where(point => point.Name == name);
}

/// <summary>The first line of every chunk.</summary>
internal sealed record ChunkHeader(int SchemaVersion, int Attempt, long ResumedAt, DateTimeOffset Time)
{
    public const int CurrentSchema = 1;
}

/// <summary>Any later line of a chunk: exactly one of the two.</summary>
internal sealed record ChunkLine(MetricPoint? Point = null, MetricEvent? Event = null);
