using DisBack.Search.Histories;
using DisBack.Search.Spaces;

namespace DisBack.Search.Samplers;

/// <summary>Every value independent and uniform on its domain, or in its logarithm where the domain is logarithmic.</summary>
public sealed record RandomSampler : Sampler
{
    /// <summary>Any number; another one gives other points.</summary>
    public long Seed { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Propose(SearchSpace space, History history, long ordinal) =>
        space.PointOf(i => space.Parameters[i].Domain.FromUniform(Draw.Uniform(Seed, ordinal, i, 0)));
}
