namespace DisBack.Sdxl.Memory;

/// <summary>How many elements of tensors are alive in the course of a computation, and how many at most.</summary>
internal sealed class LiveElements
{
    private long _alive;

    /// <summary>The most at a time.</summary>
    public long Peak { get; private set; }

    /// <summary>A block of the network has so many at its peak, its result among them, beside those that are alive.</summary>
    public void During(long elements) => Peak = Math.Max(Peak, _alive + elements);

    /// <summary>A tensor is there.</summary>
    public Features Take(Features made)
    {
        During(made.Elements);
        _alive += made.Elements;
        return made;
    }

    /// <summary>A tensor is no longer there.</summary>
    public void Free(Features used) => _alive -= used.Elements;
}
