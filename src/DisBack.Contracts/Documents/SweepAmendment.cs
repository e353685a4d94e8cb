namespace DisBack.Contracts.Documents;

/// <summary>
/// A change of a search while it runs or after it ended: more trials, more axes, more values (<see cref="Specs.Sweeps.SweepPlan.RequireWidens"/>).
/// </summary>
/// <param name="From">The first trial that was proposed by it.</param>
/// <param name="At">When it was made.</param>
/// <param name="Spec">The whole spec from then on, as canonical JSON.</param>
[GenerateSerializer, Immutable, Alias("disback.SweepAmendment.v1")]
public sealed record SweepAmendment([property: Id(0)] int From, [property: Id(1)] DateTimeOffset At, [property: Id(2)] string Spec);
