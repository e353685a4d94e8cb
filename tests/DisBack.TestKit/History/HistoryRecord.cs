namespace DisBack.TestKit.History;

/// <summary>One line that a silo wrote about the ownership of a run.</summary>
/// <param name="Event">What happened.</param>
/// <param name="Run">The run, <c>{kind}/{owner}</c>.</param>
/// <param name="Attempt">The attempt it happened to.</param>
public sealed record HistoryRecord(HistoryEvent Event, string Run, int Attempt)
{
    /// <summary>Position in the owner's durable order; 0 for what a worker wrote.</summary>
    public long Sequence { get; init; }

    /// <summary>Step of the checkpoint; for the beginning of an attempt, the step of the head it is to resume from.</summary>
    public long Step { get; init; }

    /// <summary>Digest of the checkpoint, or of the student of a completed run; empty for a fresh start.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Why an attempt ended; empty when its run was complete.</summary>
    public string Cause { get; init; } = "";

    /// <summary>The silo that wrote it.</summary>
    public string Silo { get; init; } = "";

    /// <summary>When it was written, by that silo's clock; for people.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>What it says, apart from who wrote it and when.</summary>
    public HistoryRecord Content => this with { Silo = "", At = default };

    public override string ToString() =>
        $"{Run}: {Event} of attempt {Attempt}{(Sequence > 0 ? $", sequence {Sequence}" : "")}, step "
            + $"{Step}{(Digest.Length > 0 ? $", {Digest[..Math.Min(8, Digest.Length)]}" : "")} ({Silo}, {At:HH:mm:ss.fff})";
}
