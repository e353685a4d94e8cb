using System.Collections.Immutable;
using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Runs;

/// <summary>What an unfinished run does or waits for, in sentences, as far as its own document knows it.</summary>
internal static class RunExplanation
{
    public static ImmutableArray<string> OfAttempt(RunRecord run, Attempt attempt, TrainingSnapshot progress, TimeSpan? sinceHeartbeat)
    {
        var step = Math.Max(progress.Step, run.Head?.Step ?? 0);
        var what = run.Intent switch
        {
            RunIntent.Pause => "stops after its next checkpoint",
            RunIntent.Cancel => "stops at its next step",
            _ when run.Status == RunStatus.Starting => "starts",
            _ => "trains",
        };
        return
        [
            string.Create(CultureInfo.InvariantCulture, $"Attempt {attempt.Number} {what} on {attempt.DeviceName}, at step {step} of {run.Steps}."),
            sinceHeartbeat is { } ago
                ? string.Create(CultureInfo.InvariantCulture, $"Its last heartbeat was {ago.TotalSeconds:0} s ago.")
                : "Its owner has just woken and asks for it.",
        ];
    }

    public static ImmutableArray<string> OfRetry(RunRecord run, RetryOptions retry, DateTimeOffset now)
    {
        var (cause, limit) = run.Attempts is [.., { Cause: { } why }] ? (why, retry.LimitOf(why)) : (FailureCause.Crash, retry.Crashes);
        return
        [
            string.Create(CultureInfo.InvariantCulture, $"It waits until {run.RetryAt:HH:mm:ss} UTC (in {(run.RetryAt!.Value - now).TotalSeconds:0} s) for its "
                + $"next attempt; 'resume' starts it at once."),
            string.Create(CultureInfo.InvariantCulture, $"Failures in a row: {RunMachine.FailuresInARow(run, cause)} ({cause.ToString().ToLowerInvariant()}); "
                + $"after {limit} it is given up."),
            .. SettledRun.Reason(run),
        ];
    }
}
