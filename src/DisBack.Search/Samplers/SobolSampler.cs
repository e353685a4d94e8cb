using DisBack.Search.Histories;
using DisBack.Search.Spaces;

namespace DisBack.Search.Samplers;

/// <summary>
/// The scrambled Sobol sequence: random points that fill the space more evenly than independent ones, best where the number of trials is a power of two. Each
/// parameter has a dimension of its own, whether it is active or not; there are 64.
/// </summary>
public sealed record SobolSampler : Sampler
{
    /// <summary>Any number; another one gives another scrambling.</summary>
    public long Seed { get; init; }

    /// <inheritdoc/>
    public override long? CountPoints(SearchSpace space) => SobolSequence.Length;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Propose(SearchSpace space, History history, long ordinal)
    {
        if (space.Parameters.Count > SobolSequence.Dimensions)
        {
            throw new DisBackException(
                $"The search space has {space.Parameters.Count} parameters, and the Sobol sequence has {SobolSequence.Dimensions} dimensions; "
                + "leave parameters away or take another sampler.");
        }
        if (ordinal is < 0 or >= SobolSequence.Length)
        {
            throw new DisBackException(
                $"The Sobol sequence has {SobolSequence.Length} points and none for trial {ordinal}, counted from 0; end the sweep before it.");
        }
        return space.PointOf(i => space.Parameters[i].Domain.FromUniform(OwenScrambling.Uniform(SobolSequence.Bits(ordinal, i), Seed, i)));
    }
}
