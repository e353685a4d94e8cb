using DisBack.Contracts.Documents;

namespace DisBack.Client;

/// <summary>What a list shows of a trial.</summary>
/// <param name="Id">Trial id.</param>
/// <param name="Name">Name that the user gave.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Step">Step of the head checkpoint.</param>
/// <param name="Steps">Steps in all; 0 until known.</param>
/// <param name="Target">Trajectory node that is the target at that step; null before there is one.</param>
/// <param name="Fid">Latest Fréchet distance.</param>
/// <param name="BestFid">Lowest Fréchet distance.</param>
/// <param name="Submitted">When it was first asked for.</param>
/// <param name="Trajectory">Key of its trajectory; empty until known.</param>
public sealed record RunSummary(
    string Id, string Name, RunStatus Status, long Step, long Steps, int? Target, double? Fid, double? BestFid, DateTimeOffset Submitted, string Trajectory)
{
    /// <summary>Digest of the teacher's weights that it was submitted with; empty where it is not known.</summary>
    public string Teacher { get; init; } = "";

    /// <summary>Words that people find it by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The summary of a document.</summary>
    public static RunSummary Of(TrialDocument trial)
    {
        var run = trial.Run;
        return new(
            trial.Id, trial.Name, run.Status, run.Head?.Step ?? 0, run.Steps, run.Head is { TargetIndex: >= 0 } head ? head.TargetIndex : null,
            run.Latest.GetValueOrDefault(MetricNames.Fid)?.Value, run.Best.GetValueOrDefault(MetricNames.Fid)?.Value, run.Submitted, trial.Trajectory)
        {
            Teacher = trial.Teacher?.Digest ?? "",
            Tags = trial.Tags,
        };
    }

    /// <summary>The summary that <see cref="WriteTo"/> wrote.</summary>
    internal static RunSummary ReadFrom(BinaryReader from)
    {
        return new(
            from.ReadString(), from.ReadString(), (RunStatus)from.ReadInt32(), from.ReadInt64(), from.ReadInt64(), from.ReadBoolean() ? from.ReadInt32() : null,
            Figure(), Figure(), new DateTimeOffset(from.ReadInt64(), TimeSpan.FromMinutes(from.ReadInt16())), from.ReadString())
        {
            Teacher = from.ReadString(),
            Tags = [.. Enumerable.Range(0, from.ReadInt32()).Select(_ => from.ReadString())],
        };

        double? Figure() => from.ReadBoolean() ? from.ReadDouble() : null;
    }

    /// <summary>Writes all of it, for another process of the same build.</summary>
    internal void WriteTo(BinaryWriter to)
    {
        to.Write(Id);
        to.Write(Name);
        to.Write((int)Status);
        to.Write(Step);
        to.Write(Steps);
        to.Write(Target.HasValue);
        if (Target is { } target)
        {
            to.Write(target);
        }
        Figure(Fid);
        Figure(BestFid);
        to.Write(Submitted.Ticks);
        to.Write((short)Submitted.TotalOffsetMinutes);
        to.Write(Trajectory);
        to.Write(Teacher);
        to.Write(Tags.Count);
        foreach (var tag in Tags)
        {
            to.Write(tag);
        }

        void Figure(double? figure)
        {
            to.Write(figure.HasValue);
            if (figure is { } value)
            {
                to.Write(value);
            }
        }
    }
}

/// <summary>Which runs a list holds; all of them unless something is given.</summary>
/// <param name="Status">Only runs that stand there.</param>
/// <param name="Name">Only runs whose name or id begins with this, in any case.</param>
public sealed record RunFilter(RunStatus? Status = null, string? Name = null)
{
    /// <summary>Only runs that have this tag; null is any.</summary>
    public string? Tag { get; init; }

    /// <summary>Only runs that do not have this tag; null leaves out none.</summary>
    public string? WithoutTag { get; init; }

    /// <summary>Only so many, those that come first; null is all.</summary>
    public int? Most { get; init; }

    /// <summary>The runs of a list that belong to it.</summary>
    public IEnumerable<RunSummary> Of(IEnumerable<RunSummary> runs) => runs.Where(Holds).Take(Most ?? int.MaxValue);

    /// <summary>Whether a run belongs to the list.</summary>
    public bool Holds(RunSummary run) =>
        (Status is null || run.Status == Status)
        && (string.IsNullOrEmpty(Tag) || run.Tags.Contains(Tag, StringComparer.Ordinal))
        && (string.IsNullOrEmpty(WithoutTag) || !run.Tags.Contains(WithoutTag, StringComparer.Ordinal))
        && (string.IsNullOrEmpty(Name) || run.Id.StartsWith(Name, StringComparison.OrdinalIgnoreCase)
            || run.Name.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
}
