namespace DisBack.Contracts.Documents;

/// <summary>What the user wants of a run; the status follows as soon as the current attempt has reached a step boundary.</summary>
[GenerateSerializer, Alias("disback.RunIntent.v1")]
public enum RunIntent
{
    /// <summary>Train until complete.</summary>
    Run,

    /// <summary>Stop after a checkpoint and keep everything.</summary>
    Pause,

    /// <summary>Stop for good.</summary>
    Cancel,
}
