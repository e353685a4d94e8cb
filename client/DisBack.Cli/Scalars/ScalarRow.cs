using DisBack.Storage.Metrics;

namespace DisBack.Cli.Scalars;

/// <summary>What a run has measured at one step, and what happened then.</summary>
/// <param name="Step">The step.</param>
/// <param name="Points">The measurements in the order in which they were made.</param>
/// <param name="Events">Switches of the target and other milestones; the step was measured before them.</param>
internal sealed record ScalarRow(long Step, IReadOnlyList<MetricPoint> Points, IReadOnlyList<MetricEvent> Events)
{
    /// <summary>The time of each entry, in their order.</summary>
    public IEnumerable<DateTimeOffset> Times => Points.Select(point => point.Time).Concat(Events.Select(happened => happened.Time));

    /// <summary>The rows of a history.</summary>
    /// <param name="history">The history.</param>
    /// <param name="after">Rows up to this step are left out.</param>
    /// <param name="isWhole">Whether no more comes of the newest step; otherwise its row waits for the next one.</param>
    public static IEnumerable<ScalarRow> Of(MetricHistory history, long after, bool isWhole)
    {
        var points = history.Points.Where(point => point.Step > after).ToLookup(point => point.Step);
        var events = history.Events.Where(happened => !happened.Superseded && happened.Event.Step > after).Select(happened => happened.Event)
            .ToLookup(happened => happened.Step);
        return points.Select(row => row.Key).Union(events.Select(row => row.Key)).Order().SkipLast(isWhole ? 0 : 1)
            .Select(step => new ScalarRow(step, [.. points[step]], [.. events[step]]));
    }
}
