using System.Text.Json.Serialization;

namespace DisBack.Contracts.Documents;

/// <summary>
/// One execution of a run on one slot, or on several at once. Its number is the fencing token: only the current attempt moves the head checkpoint.
/// </summary>
[GenerateSerializer, Immutable, Alias("disback.Attempt.v1")]
public sealed record Attempt
{
    /// <summary>1, 2, 3...; never reused.</summary>
    [Id(0)] public required int Number { get; init; }

    /// <summary>When ownership was taken.</summary>
    [Id(1)] public required DateTimeOffset Started { get; init; }

    /// <summary>Step of the checkpoint it was to resume from; 0 is a fresh start.</summary>
    [Id(2)] public long ResumedStep { get; init; }

    /// <summary>Worker and device that ran it, for people.</summary>
    [Id(3), JsonPropertyName("place")] public string DeviceName { get; init; } = "";

    /// <summary>The slot lease it runs under.</summary>
    [Id(4)] public string Lease { get; init; } = "";

    /// <summary>When it ended; null while it is the current attempt.</summary>
    [Id(5)] public DateTimeOffset? Ended { get; init; }

    /// <summary>Why it ended; null while it runs and after a completed run.</summary>
    [Id(6)] public FailureCause? Cause { get; init; }

    /// <summary>The failure in one sentence.</summary>
    [Id(7)] public string? Message { get; init; }

    /// <summary>The silo that runs it, as membership names it; empty in documents from before clusters.</summary>
    [Id(8)] public string Worker { get; init; } = "";

    /// <summary>How many slots its lease has, for each of which its time counts; 1 in documents from before several workers trained one run.</summary>
    [Id(9)] public int Slots { get; init; } = 1;

    /// <summary>Seconds that slots have been taken by it up to a time or to its end, whichever is earlier.</summary>
    /// <param name="until">The time.</param>
    public double DeviceSeconds(DateTimeOffset until) => Slots * Math.Max(0, ((Ended < until ? Ended.Value : until) - Started).TotalSeconds);
}
