namespace DisBack.Contracts.Documents;

/// <summary>How far a drawing has come.</summary>
[GenerateSerializer, Alias("disback.DrawingState.v1")]
public enum DrawingState
{
    /// <summary>It waits for a slot.</summary>
    Waiting,

    /// <summary>A worker draws.</summary>
    Drawing,

    /// <summary>All pictures are there.</summary>
    Completed,

    /// <summary>It ended with an error; pictures that were drawn before are there.</summary>
    Failed,

    /// <summary>Somebody cancelled it.</summary>
    Cancelled,
}

/// <summary>What is asked of the state of a drawing.</summary>
public static class DrawingStates
{
    /// <summary>Whether nothing changes any more.</summary>
    public static bool IsSettled(this DrawingState state) => state is DrawingState.Completed or DrawingState.Failed or DrawingState.Cancelled;
}
