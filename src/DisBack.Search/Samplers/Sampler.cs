using DisBack.Search.Histories;
using DisBack.Search.Spaces;

namespace DisBack.Search.Samplers;

/// <summary>
/// How the points of a sweep are chosen. A sampler is its settings and nothing else: a proposal is a pure function of the space, the settings, the history and
/// the ordinal, so a sweep that was killed proposes the same points again from its journal.
/// </summary>
public abstract record Sampler
{
    private protected Sampler()
    {
    }

    /// <summary>How many points there are to propose; null if there is no end.</summary>
    /// <exception cref="DisBackException">The sampler cannot sample this space.</exception>
    public virtual long? CountPoints(SearchSpace space) => null;

    /// <summary>The point that a trial is to try: the values of its active parameters by name.</summary>
    /// <param name="space">Where points are chosen.</param>
    /// <param name="history">What is known of other trials. It decides with <see cref="TpeSampler"/> only.</param>
    /// <param name="ordinal">The number of the trial in the sweep, from 0.</param>
    /// <exception cref="DisBackException">The sampler cannot sample this space, or has no further point.</exception>
    public abstract IReadOnlyDictionary<string, double> Propose(SearchSpace space, History history, long ordinal);
}
