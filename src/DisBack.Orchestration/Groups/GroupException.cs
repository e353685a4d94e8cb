using DisBack.Contracts.Documents;

namespace DisBack.Orchestration.Groups;

/// <summary>An attempt cannot go on because of another of the workers that train it.</summary>
/// <param name="cause">What it means for the next attempt.</param>
/// <param name="message">One sentence for people.</param>
internal sealed class GroupException(FailureCause cause, string message) : DisBackException(message)
{
    public FailureCause Cause { get; } = cause;
}
