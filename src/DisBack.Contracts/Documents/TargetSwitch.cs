namespace DisBack.Contracts.Documents;

/// <summary>The student's target moved one node towards the teacher.</summary>
/// <param name="Step">Backtracking step from which the new target holds.</param>
/// <param name="From">Index of the node that was the target.</param>
/// <param name="To">Index of the node that is the target now; 0 is the teacher.</param>
/// <param name="Reason">What the switching policy saw, in words.</param>
[GenerateSerializer, Immutable, Alias("disback.TargetSwitch.v1")]
public sealed record TargetSwitch([property: Id(0)] long Step, [property: Id(1)] int From, [property: Id(2)] int To, [property: Id(3)] string Reason);
