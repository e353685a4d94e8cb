namespace DisBack.Fuzz.Running;

/// <summary>What became of the inputs of one reader.</summary>
internal sealed class Tally(string reader)
{
    public string Reader { get; } = reader;

    public long Accepted { get; set; }

    public long Refused { get; set; }

    /// <summary>The longest reading.</summary>
    public TimeSpan Longest { get; set; }

    /// <summary>The most managed bytes that one reading has allocated.</summary>
    public long Allocated { get; set; }

    /// <summary>The largest input.</summary>
    public long Largest { get; set; }
}
