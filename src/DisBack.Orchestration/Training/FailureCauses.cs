using System.Runtime.InteropServices;
using DisBack.Contracts.Documents;
using DisBack.Distillation.Runs;
using DisBack.Orchestration.Groups;
using DisBack.Specs.Experiments;
using DisBack.Storage;

namespace DisBack.Orchestration.Training;

/// <summary>What an exception of a training thread means for the next attempt.</summary>
internal static class FailureCauses
{
    public static FailureCause Of(Exception exception) => exception switch
    {
        TrainingFailedException => FailureCause.Diverged,
        GroupException e => e.Cause,
        StorageException or IOException or UnauthorizedAccessException => FailureCause.Storage,
        DisBackException { InnerException: IOException or StorageException } => FailureCause.Storage,
        DoesNotFitException => FailureCause.OutOfMemory,
        DisBackException => FailureCause.Invalid,
        OutOfMemoryException => FailureCause.OutOfMemory,
        // libtorch reports its two allocators in the message only, and what CUDA's libraries allocate for themselves by the names of their codes.
        ExternalException e when e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || e.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase)
            || e.Message.Contains("STATUS_ALLOC_FAILED", StringComparison.Ordinal) => FailureCause.OutOfMemory,
        _ => FailureCause.Crash,
    };

    /// <summary>One sentence: the exception's own where it is meant for people, otherwise with its type, which a report of a defect needs.</summary>
    public static string MessageOf(Exception exception) => exception switch
    {
        DisBackException => exception.Message,
        ExternalException when Of(exception) == FailureCause.OutOfMemory => $"{OfLibTorch(exception)} Lower the batch, or let fewer runs share the device.",
        ExternalException => OfLibTorch(exception),
        _ => $"{exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}",
    };

    /// <summary>Without where in its sources it failed, its native stack, and advice on its allocator.</summary>
    private static string OfLibTorch(Exception failure)
    {
        var beginning = failure.Message.Split(["Exception raised from", "frame #", "If reserved but"], StringSplitOptions.None)[0];
        return $"libtorch: {beginning.ReplaceLineEndings(" ").Trim()}";
    }
}
