namespace DisBack.Search.Comparisons;

/// <summary>What a ratio of two arms cannot tell, and why.</summary>
public enum RatioLack
{
    /// <summary>It is there, with its interval.</summary>
    Nothing,

    /// <summary>No ratio: some run has not reached the value, and nobody knows where it would have.</summary>
    Censored,

    /// <summary>No ratio: some run had the value at place 0 or before, where it began.</summary>
    FromTheStart,

    /// <summary>No interval: an arm has too few runs.</summary>
    FewRuns,

    /// <summary>No interval: the runs of each arm agree on the place, so that nothing tells how far others would differ.</summary>
    NoSpread,
}
