namespace DisBack.Fuzz.Running;

/// <summary>What the reading of one input may take.</summary>
internal static class Budget
{
    /// <summary>Reading takes a moment, whatever is in the input.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(2);

    /// <summary>What the whole process may take beside: libtorch and others, compiled code, inputs while they are made, and garbage.</summary>
    public const long Libraries = 768 << 20;

    /// <summary>What has not come to its end by then is not waited for.</summary>
    public static readonly TimeSpan Hang = TimeSpan.FromSeconds(10);

    /// <summary>Managed bytes allocated in all, and growth of the peak of the process's memory.</summary>
    public static long Bytes(long input) => 8 * input + (64 << 20);
}
