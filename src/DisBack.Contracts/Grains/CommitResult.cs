namespace DisBack.Contracts.Grains;

/// <summary>The owner's answer to every call of an attempt.</summary>
[GenerateSerializer, Alias("disback.CommitResult.v1")]
public enum CommitResult
{
    /// <summary>Taken, and durable where the call promises it.</summary>
    Accepted,

    /// <summary>Another attempt owns the run, or none does: stop, and publish nothing more.</summary>
    Fenced,
}
