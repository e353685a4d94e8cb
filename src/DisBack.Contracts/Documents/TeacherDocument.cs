namespace DisBack.Contracts.Documents;

/// <summary>A teacher: weights with provenance, and the run that trained them where that happened here. State name <c>teacher</c>.</summary>
[GenerateSerializer, Immutable, Alias("disback.TeacherDocument.v1")]
public sealed record TeacherDocument
{
    /// <summary>Version of this document's form.</summary>
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>The teacher's name.</summary>
    [Id(1)] public string Id { get; init; } = "";

    /// <summary>Where the weights come from, for people: <c>shipped</c>, a file name, <c>trained here</c>.</summary>
    [Id(2)] public string Provenance { get; init; } = "";

    /// <summary>Spec it was or is trained from, as canonical JSON; empty for imported weights.</summary>
    [Id(3)] public string Spec { get; init; } = "";

    /// <summary>The network's settings as canonical JSON; empty until weights exist.</summary>
    [Id(4)] public string Network { get; init; } = "";

    /// <summary>The weights; null until training has completed.</summary>
    [Id(5)] public ContentRef? Weights { get; init; }

    /// <summary>The training run; <see cref="RunStatus.Completed"/> from the start for imported weights.</summary>
    [Id(6)] public RunRecord Run { get; init; } = new();

    /// <summary>The licence of the weights, for people; empty where nobody said it.</summary>
    [Id(7)] public string Licence { get; init; } = "";
}
