namespace DisBack.Contracts.Documents;

/// <summary>The student's target moved one node towards the teacher.</summary>
/// <param name="Step">Backtracking steps made when the target changed.</param>
/// <param name="From">Index of the node that was the target.</param>
/// <param name="To">Index of the node that is the target now; 0 is the teacher.</param>
/// <param name="Gap">Score gap that the switching policy saw; null where it looked at none.</param>
[GenerateSerializer, Immutable, Alias("disback.SwitchRecord.v1")]
public sealed record SwitchRecord([property: Id(0)] long Step, [property: Id(1)] int From, [property: Id(2)] int To, [property: Id(3)] double? Gap);
