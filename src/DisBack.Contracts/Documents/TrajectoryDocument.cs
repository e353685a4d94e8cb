using System.Collections.Immutable;

namespace DisBack.Contracts.Documents;

/// <summary>Stage 1: the run that records, and the ordered manifest of its nodes. State name <c>trajectory</c>.</summary>
[GenerateSerializer, Immutable, Alias("disback.TrajectoryDocument.v1")]
public sealed record TrajectoryDocument
{
    /// <summary>Version of this document's form.</summary>
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>The trajectory's key (<see cref="Grains.GrainKeys.Trajectory"/>, <see cref="Grains.GrainKeys.ImportedTrajectory"/>).</summary>
    [Id(1)] public string Id { get; init; } = "";

    /// <summary>Name of the experiment that asked first.</summary>
    [Id(2)] public string Name { get; init; } = "";

    /// <summary>
    /// Spec of the experiment that asked first, as canonical JSON: its recording part, student part and seed are what the key stands for. Empty where the nodes
    /// were recorded elsewhere.
    /// </summary>
    [Id(3)] public string Spec { get; init; } = "";

    /// <summary>The teacher's weights: node 0.</summary>
    [Id(4)] public ContentRef? Teacher { get; init; }

    /// <summary>Nodes in the order of degradation. Final once <see cref="Sealed"/>.</summary>
    [Id(5)] public ImmutableArray<NodeRef> Nodes { get; init; } = [];

    /// <summary>Whether stage 1 is complete and the manifest can never change again.</summary>
    [Id(6)] public bool Sealed { get; init; }

    /// <summary>The run.</summary>
    [Id(7)] public RunRecord Run { get; init; } = new();
}
