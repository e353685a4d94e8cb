using System.Runtime.InteropServices;
using DisBack.Contracts.Documents;
using DisBack.Diffusion;
using DisBack.Distillation.Runs;
using DisBack.Storage;

namespace DisBack.Orchestration.Training;

/// <summary>What an exception of a training thread means for the next attempt.</summary>
internal static class FailureCauses
{
    public static FailureCause Of(Exception exception) => exception switch
    {
        TrainingFailedException => FailureCause.Diverged,
        StorageException or IOException or UnauthorizedAccessException => FailureCause.Storage,
        DisBackException { InnerException: IOException or StorageException } => FailureCause.Storage,
        DisBackException => FailureCause.Invalid,
        OutOfMemoryException => FailureCause.OutOfMemory,
        // libtorch reports its two allocators in words only, and what CUDA's libraries allocate for themselves by the names of their codes.
        ExternalException e when e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || e.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase)
            || e.Message.Contains("STATUS_ALLOC_FAILED", StringComparison.Ordinal) => FailureCause.OutOfMemory,
        _ => FailureCause.Crash,
    };

    /// <summary>One sentence: the exception's own where it is meant for people, otherwise with its type, which a report of a defect needs.</summary>
    public static string MessageOf(Exception exception) => exception switch
    {
        DisBackException or StorageException => exception.Message,
        // libtorch appends where in its sources it failed, and its native stack.
        ExternalException => $"libtorch: {exception.Message.Split(["Exception raised from", "frame #"], StringSplitOptions.None)[0].ReplaceLineEndings(" ").Trim()}",
        _ => $"{exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}",
    };
}
