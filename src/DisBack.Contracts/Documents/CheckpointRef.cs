namespace DisBack.Contracts.Documents;

/// <summary>One consistent state of a run: weights, optimizers, averages, step and target index are in one object and are restored together.</summary>
/// <param name="Content">The safetensors file.</param>
/// <param name="Step">Training steps behind this state.</param>
/// <param name="TargetIndex">Trajectory node the student walks towards in this state; -1 where the run has no target.</param>
[GenerateSerializer, Immutable, Alias("disback.CheckpointRef.v1")]
public sealed record CheckpointRef([property: Id(0)] ContentRef Content, [property: Id(1)] long Step, [property: Id(2)] int TargetIndex = -1);
