using DisBack.Contracts.Grains;
using DisBack.Orchestration.Runs;
using Microsoft.Extensions.Logging;

namespace DisBack.Orchestration.Ownership;

/// <summary>Log messages of owners, all in one category.</summary>
internal static partial class RunOwnerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Attempt} could not be started.")]
    public static partial void StartFailed(ILogger logger, Exception exception, RunAttempt attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Attempt} cannot be reached.")]
    public static partial void Unreachable(ILogger logger, Exception exception, RunAttempt attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "There is no reminder yet for the run of {Attempt}.")]
    public static partial void ReminderMissing(ILogger logger, Exception exception, RunAttempt attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Attempt} was the last of its run, but the run's reminder is still there.")]
    public static partial void ReminderLeft(ILogger logger, Exception exception, RunAttempt attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The metrics of {Run} stay in chunks for now.")]
    public static partial void NotCompacted(ILogger logger, Exception exception, RunId run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Effect} failed.")]
    public static partial void EffectFailed(ILogger logger, Exception exception, RunEffect effect);
}
