namespace DisBack.Contracts.Documents;

/// <summary>What kind of thing happened to a run.</summary>
[GenerateSerializer, Alias("disback.RunEventKind.v1")]
public enum RunEventKind
{
    /// <summary>The status changed.</summary>
    Status,

    /// <summary>An attempt took ownership.</summary>
    AttemptStarted,

    /// <summary>An attempt ended.</summary>
    AttemptEnded,

    /// <summary>A checkpoint became head.</summary>
    Checkpoint,

    /// <summary>Stage 1 recorded a node.</summary>
    Node,

    /// <summary>The student's target moved.</summary>
    Switch,

    /// <summary>A file was left behind.</summary>
    Artifact,

    /// <summary>Something to know that is not an error.</summary>
    Note,

    /// <summary>Something went wrong and was survived, for example a damaged checkpoint.</summary>
    Warning,
}

/// <summary>One thing that happened to a run, numbered without gaps.</summary>
[GenerateSerializer, Immutable, Alias("disback.RunEvent.v1")]
public sealed record RunEvent
{
    /// <summary>1, 2, 3... within the run.</summary>
    [Id(0)] public required long Sequence { get; init; }

    /// <summary>When the owner learned of it.</summary>
    [Id(1)] public required DateTimeOffset At { get; init; }

    /// <summary>What kind.</summary>
    [Id(2)] public required RunEventKind Kind { get; init; }

    /// <summary>Status after the event.</summary>
    [Id(3)] public required RunStatus Status { get; init; }

    /// <summary>Attempt it belongs to; 0 before the first.</summary>
    [Id(4)] public int Attempt { get; init; }

    /// <summary>Training step it belongs to.</summary>
    [Id(5)] public long Step { get; init; }

    /// <summary>One sentence for people.</summary>
    [Id(6)] public string Message { get; init; } = "";
}
