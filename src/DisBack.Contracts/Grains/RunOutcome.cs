using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>How an attempt ended.</summary>
/// <param name="Step">Steps done when it ended.</param>
/// <param name="Cause">Null when the run is complete, otherwise why it is not.</param>
/// <param name="Message">One sentence for people; null when complete.</param>
[GenerateSerializer, Immutable, Alias("disback.RunOutcome.v1")]
public sealed record RunOutcome([property: Id(0)] long Step, [property: Id(1)] FailureCause? Cause = null, [property: Id(2)] string? Message = null);
