using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Sweeps;

/// <summary>
/// When a trial ends early. It is measured at rungs: by the first evaluation at or after each, of the objective's metric or, where a trial evaluates on fewer
/// samples on its way, of that (<c>fid/quick</c>).
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "rule")]
[JsonDerivedType(typeof(SuccessiveHalvingStopping), "successive-halving")]
[JsonDerivedType(typeof(BoundStopping), "bound")]
public abstract record StoppingSettings
{
    /// <summary>What rungs are counted in.</summary>
    public RungUnit By { get; init; }
}

/// <summary>What the rungs of early stopping are counted in.</summary>
public enum RungUnit
{
    /// <summary>Iterations of stage 2.</summary>
    Steps,

    /// <summary>Nodes that the target has moved towards the teacher: where trials with trajectories of one kind are comparable.</summary>
    Positions,
}

/// <summary>
/// Successive halving without waiting (Li et al., A system for massively parallel hyperparameter tuning, 2020): a trial passes a rung if it is among the best 1
/// in <c>factor</c> there. It is compared with the trials that come <c>max_concurrent</c> before it, so that who was faster decides nothing.
/// </summary>
public sealed record SuccessiveHalvingStopping : StoppingSettings
{
    /// <summary>The first rung.</summary>
    [Range(1, int.MaxValue)]
    public required int First { get; init; }

    /// <summary>One trial in so many passes a rung, and the next rung is so many times further.</summary>
    [Range(2, 64)]
    public int Factor { get; init; } = 4;
}

/// <summary>A trial ends if it is worse than a bound at one rung.</summary>
public sealed record BoundStopping : StoppingSettings
{
    /// <summary>The rung.</summary>
    [Range(1, int.MaxValue)]
    public required int At { get; init; }

    /// <summary>The worst value with which a trial goes on.</summary>
    public required double Worst { get; init; }
}
