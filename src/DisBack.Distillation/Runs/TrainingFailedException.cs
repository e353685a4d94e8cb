namespace DisBack.Distillation.Runs;

/// <summary>Why training cannot go on.</summary>
public enum TrainingFailure
{
    /// <summary>A loss or a gradient is NaN or infinite.</summary>
    NonFinite,

    /// <summary>All generated images have become alike.</summary>
    Collapse,
}

/// <summary>Training cannot go on: says at which step, in which network, and what to try.</summary>
/// <param name="cause">The kind of failure.</param>
/// <param name="message">One sentence for the user.</param>
public sealed class TrainingFailedException(TrainingFailure cause, string message) : DisBackException(message)
{
    /// <summary>The kind of failure.</summary>
    public TrainingFailure Cause { get; } = cause;
}
