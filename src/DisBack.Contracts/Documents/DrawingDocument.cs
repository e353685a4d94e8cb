using System.Collections.Immutable;

namespace DisBack.Contracts.Documents;

/// <summary>Pictures that are, or were, drawn on a worker. State name <c>drawing</c>.</summary>
[GenerateSerializer, Immutable, Alias("disback.DrawingDocument.v1")]
public sealed record DrawingDocument
{
    /// <summary>Version of this document's form.</summary>
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>The id, 32 hexadecimal digits; empty where there is no such drawing.</summary>
    [Id(1)] public string Id { get; init; } = "";

    /// <summary>What is drawn.</summary>
    [Id(2)] public DrawingRequest Request { get; init; } = new();

    /// <summary>The model as it was when the drawing was submitted: what becomes of its name later changes nothing.</summary>
    [Id(3)] public ModelManifest Model { get; init; } = new();

    /// <summary>How far it has come.</summary>
    [Id(4)] public DrawingState State { get; init; }

    /// <summary>When it was submitted.</summary>
    [Id(5)] public DateTimeOffset Submitted { get; init; }

    /// <summary>When it settled; null before.</summary>
    [Id(6)] public DateTimeOffset? Settled { get; init; }

    /// <summary>The newest attempt, counted from 1: only what comes from it is taken.</summary>
    [Id(7)] public int Attempt { get; init; }

    /// <summary>The silo that draws, as membership names it; empty while none does.</summary>
    [Id(8)] public string Worker { get; init; } = "";

    /// <summary>Worker and device that drew last, for people.</summary>
    [Id(9)] public string DeviceName { get; init; } = "";

    /// <summary>The slot lease of the newest attempt; empty once it was given back.</summary>
    [Id(10)] public string Lease { get; init; } = "";

    /// <summary>Attempts that failed for a reason that another one may not have.</summary>
    [Id(11)] public int Failures { get; init; }

    /// <summary>Why the last attempt failed; null if it did not.</summary>
    [Id(12)] public FailureCause? Cause { get; init; }

    /// <summary>The same in one sentence.</summary>
    [Id(13)] public string? Message { get; init; }

    /// <summary>What the user should know of the pictures, a sentence each: that they were decoded in tiles, for example.</summary>
    [Id(14)] public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>Those that the newest attempt has drawn, prompt by prompt and for each by seed.</summary>
    [Id(15)] public ImmutableArray<PictureRef> Pictures { get; init; } = [];
}
