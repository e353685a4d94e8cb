using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>How the runs of a kind are named, stored and found: all that is known of a kind, except how it is trained.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Label">Its name in metrics, spans and logs.</param>
/// <param name="Document">Grain type and state name of the documents that own such runs (<see cref="DocumentNames"/>).</param>
/// <param name="Collection">Its part of a URL.</param>
/// <param name="Prefix">What comes before the owner's key where runs of all kinds share one space of names: metric chunks, the command line.</param>
/// <param name="Noun">What people call an owner before its key; empty for trials, whose ids are known by themselves.</param>
/// <param name="FilesBelow">What comes before the owner's key in the name of the folder of files that a run leaves for people.</param>
/// <param name="FindOwner">The grain that owns the run of a key.</param>
public sealed record RunKindInfo(
    RunKind Kind,
    string Label,
    string Document,
    string Collection,
    string Prefix,
    string Noun,
    string FilesBelow,
    Func<IGrainFactory, string, IRunOwner> FindOwner);

/// <summary>All kinds of runs. A new kind is a line here, and whoever trains it (<see cref="TrainingAssignment"/>).</summary>
public static class RunKinds
{
    private static readonly Dictionary<RunKind, RunKindInfo> s_kinds = new RunKindInfo[]
    {
        new(
            RunKind.Teacher,
            "teacher",
            DocumentNames.Teacher,
            "teachers",
            "teacher/",
            "teacher ",
            "teachers/",
            (grains, key) => grains.GetGrain<ITeacherGrain>(key)),
        new(
            RunKind.Recording,
            "recording",
            DocumentNames.Trajectory,
            "trajectories",
            "trajectory/",
            "trajectory ",
            "",
            (grains, key) => grains.GetGrain<ITrajectoryGrain>(key)),
        new(RunKind.Backtracking, "backtracking", DocumentNames.Trial, "runs", "", "", "", (grains, key) => grains.GetGrain<ITrialGrain>(key)),
    }.ToDictionary(info => info.Kind);

    /// <summary>What is known of all kinds.</summary>
    public static IEnumerable<RunKindInfo> All => s_kinds.Values;

    /// <summary>What is known of a kind.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind.</exception>
    public static RunKindInfo Of(RunKind kind) => s_kinds.TryGetValue(kind, out var info)
        ? info
        : throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of run.");

    /// <summary>The grain that owns a run, as its trainer sees it.</summary>
    public static IRunOwner Owner(this IGrainFactory grains, RunKind kind, string key) => Of(kind).FindOwner(grains, key);

    /// <summary>Wakes who waits for a slot, be it the owner of a run or a drawing.</summary>
    public static Task WakeAsync(this IGrainFactory grains, RunKind kind, string key) =>
        kind == RunKind.Drawing ? grains.GetGrain<IDrawingGrain>(key).WakeAsync() : grains.Owner(kind, key).WakeAsync();

    /// <summary>The grain that owns a run, as its user sees it.</summary>
    public static IRun Run(this IGrainFactory grains, RunId run) => (IRun)grains.Owner(run.Kind, run.Owner);
}
