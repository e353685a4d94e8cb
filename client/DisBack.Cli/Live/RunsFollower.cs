using DisBack.Cli.Installations;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Storage;

namespace DisBack.Cli.Live;

/// <summary>Sees several runs that rest through to where they settle, with a line for each that goes on and for each that ends.</summary>
internal sealed class RunsFollower(Session session, Installation installation, IControl control)
{
    private static readonly TimeSpan s_linePeriod = TimeSpan.FromSeconds(10);

    /// <summary>Resumes the runs, follows them to their ends and puts their files where people look for them.</summary>
    public async Task<ExitCode> FinishAsync(IReadOnlyList<RunTarget> runs, CancellationToken cancellation)
    {
        // One after another: what several of them need is made again once.
        foreach (var run in runs.Where(run => run.Run.Cause == FailureCause.Storage))
        {
            await RepairAsync(run, cancellation);
        }
        using var stopping = session.Signals.Stopping.Register(
            () => session.Screen.Error.WriteLine("Stopping each run after a checkpoint; Ctrl-C again stops at once."));
        // What one run shows while it trains would not say which run it is of.
        var silent = session with { Screen = new Screen(TextWriter.Null, TextWriter.Null, live: false) };
        var follower = new RunFollower(silent, installation, control);
        var left = new List<Task<RunTarget>>();
        foreach (var run in runs)
        {
            session.Screen.Line($"{run.Id} is retried{SettledRun.At(run.Run)}.");
            left.Add(follower.FinishAsync(run.Id, cancellation));
        }
        var ends = new List<RunStatus>();
        while (left.Count > 0)
        {
            using var waiting = new CancellationTokenSource();
            var first = await Task.WhenAny([.. left, Task.Delay(s_linePeriod, session.Time, waiting.Token)]);
            await waiting.CancelAsync();
            if (first is not Task<RunTarget> ended)
            {
                session.Screen.Error.WriteLine($"{runs.Count} runs: {ends.Count} have ended, {left.Count} are under way");
                continue;
            }
            left.Remove(ended);
            ends.Add(await ConcludeAsync(await ended));
        }
        return session.Signals.Received ?? (ends.Contains(RunStatus.Failed) ? ExitCode.RunFailed
            : ends.Contains(RunStatus.Cancelled) ? ExitCode.Cancelled
            : ExitCode.Ok);
    }

    private async Task<RunStatus> ConcludeAsync(RunTarget run)
    {
        await RunFollower.ExportAsync(session.Screen, installation, run);
        session.Screen.Line(RunFollower.Ending(installation, run));
        if (run.Run is { Status: RunStatus.Failed, Reason: { } reason })
        {
            await session.Screen.Error.WriteLineAsync($"disback: {run.Id}: {reason}");
        }
        return run.Run.Status;
    }

    private async Task RepairAsync(RunTarget run, CancellationToken cancellation)
    {
        try
        {
            await new ContentRepair(session, installation, control).RepairAsync(run, cancellation);
        }
        catch (StorageException lost)
        {
            // The other runs may need none of it, and what this one lacks it will say itself.
            await session.Screen.Error.WriteLineAsync($"disback: {run.Id}: {lost.Message}");
        }
    }
}
