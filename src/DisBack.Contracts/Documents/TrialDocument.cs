using System.Collections.Immutable;

namespace DisBack.Contracts.Documents;

/// <summary>One student: its spec, its trajectory and its run. State name <c>trial</c>.</summary>
[GenerateSerializer, Immutable, Alias("disback.TrialDocument.v1")]
public sealed record TrialDocument
{
    /// <summary>Version of this document's form.</summary>
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Trial id, <c>{sweep id}/{ordinal:D4}</c>.</summary>
    [Id(1)] public string Id { get; init; } = "";

    /// <summary>Name that the user gave in the spec.</summary>
    [Id(2)] public string Name { get; init; } = "";

    /// <summary>The experiment spec as canonical JSON.</summary>
    [Id(3)] public string Spec { get; init; } = "";

    /// <summary>The teacher's weights.</summary>
    [Id(4)] public ContentRef? Teacher { get; init; }

    /// <summary>Key of the trajectory that the student walks; empty until it is known.</summary>
    [Id(5)] public string Trajectory { get; init; } = "";

    /// <summary>Number of nodes of the sealed trajectory; 0 until it is sealed.</summary>
    [Id(6)] public int Nodes { get; init; }

    /// <summary>The run.</summary>
    [Id(7)] public RunRecord Run { get; init; } = new();

    /// <summary>Words that people find it by, in order; each has the form of a spec's name.</summary>
    [Id(8)] public ImmutableArray<string> Tags { get; init; } = [];
}
