namespace DisBack.Search.Spaces;

/// <summary>The values that a parameter can take, all as doubles: numbers in the user's units, categories by their index from 0.</summary>
public abstract record Domain
{
    private protected Domain()
    {
    }

    /// <summary>What is wrong with the domain and the way out, as the end of a sentence; null if it can be searched.</summary>
    internal abstract string? Fault { get; }

    /// <summary>How many separate values there are; null if they form a continuum.</summary>
    internal abstract long? Count { get; }

    /// <summary>The separate value of an index below <see cref="Count"/>, in ascending order.</summary>
    internal abstract double Separate(long index);

    /// <summary>The value that a uniform number of [0, 1) stands for: separate values have equal shares, unless they are logarithmic.</summary>
    internal abstract double FromUniform(double uniform);

    /// <summary>Whether a number lies between the first value and the last.</summary>
    internal abstract bool Covers(double value);

    /// <summary>The value next to a number.</summary>
    internal abstract double Nearest(double value);
}
