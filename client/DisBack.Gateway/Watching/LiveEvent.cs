using System.Text.Json.Serialization;
using DisBack.Contracts.Grains;

namespace DisBack.Gateway.Watching;

/// <summary>The data of an event of a live stream: <c>run</c>, <c>settled</c> and <c>missing</c> name a run, <c>tables</c> has a version.</summary>
internal sealed record LiveEvent
{
    /// <summary>The run of a trial that this is about, by its id.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Run { get; init; }

    /// <summary>The trajectory whose recording this is about, by its key.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Trajectory { get; init; }

    /// <summary>The teacher whose training this is about, by its name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Teacher { get; init; }

    /// <summary>Where the run stands now, without its events.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RunUpdate? Update { get; init; }

    /// <summary>Another number each time that the documents behind the tables have changed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Version { get; init; }

    /// <summary>An event about a run.</summary>
    public static LiveEvent Of(RunId run) => run.Kind switch
    {
        RunKind.Backtracking => new LiveEvent { Run = run.Owner },
        RunKind.Recording => new LiveEvent { Trajectory = run.Owner },
        RunKind.Teacher => new LiveEvent { Teacher = run.Owner },
        _ => throw new ArgumentOutOfRangeException(nameof(run), run.Kind, "There is no such kind of run."),
    };
}
