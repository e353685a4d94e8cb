using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Report;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Evaluations;
using DisBack.Storage;

namespace DisBack.Cli.Live;

/// <summary>Sees a run through to where it settles, and says how it ended.</summary>
internal sealed class RunFollower(Session session, Installation installation, IControl control)
{
    private static readonly TimeSpan s_documentTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Resumes the run if it rests, and shows it until it settles.</summary>
    /// <returns>The run as it settled.</returns>
    public async Task<RunTarget> FinishAsync(RunId id, CancellationToken cancellation)
    {
        var run = await RunTarget.ReadAsync(installation.Archive, id, cancellation);
        if (run.Run.Status is RunStatus.Completed or RunStatus.Cancelled)
        {
            return run;
        }
        if (run.Run.Status is RunStatus.Paused or RunStatus.Failed)
        {
            await control.ResumeAsync(id, cancellation);
        }
        if (!installation.HostsRuns)
        {
            return await WatchAsync(run);
        }

        var pausing = Task.CompletedTask;
        using (session.Signals.Stopping.Register(() =>
        {
            session.Screen.Error.WriteLine("Stopping after a checkpoint; Ctrl-C again stops at once.");
            pausing = control.PauseAsync(id, CancellationToken.None);
        }))
        {
            run = await FollowAsync(run, control.WatchAsync(id, 0, CancellationToken.None), CancellationToken.None);
        }
        await pausing;
        return run;
    }

    /// <summary>Shows a run that another process hosts. Ctrl-C ends the watching, not the run.</summary>
    /// <returns>The run as it settled, or as the process left it that has ended.</returns>
    public async Task<RunTarget> WatchAsync(RunTarget run)
    {
        try
        {
            return await FollowAsync(run, control.WatchAsync(run.Id, 0, session.Signals.Stopping), session.Signals.Stopping);
        }
        catch (OperationCanceledException) when (session.Signals.Received is not null)
        {
            session.Screen.Error.WriteLine($"{run.Name} goes on; 'disback watch {run.Text}' shows it again, 'disback pause {run.Text}' pauses it.");
            throw;
        }
    }

    /// <summary>Prints what another process says of a run that it hosts as lines of JSON.</summary>
    /// <returns>The run as it settled, or as the process left it that has ended.</returns>
    public async Task<RunTarget> PrintAsync(RunId id)
    {
        var sequence = 0L;
        await foreach (var update in control.WatchAsync(id, 0, session.Signals.Stopping))
        {
            session.Screen.Line(JsonSerializer.Serialize(update, Api.Json));
            sequence = update.Sequence;
        }
        return await AtLeastAsync(id, sequence);
    }

    /// <summary>Copies what a run left behind to where people look for it, with its curves and its report.</summary>
    public static async Task ExportAsync(Screen screen, Installation installation, RunTarget run)
    {
        try
        {
            await RunFiles.WriteAsync(screen, installation, run, CancellationToken.None);
        }
        catch (Exception e) when (run.Run.Status == RunStatus.Failed && e is StorageException or IOException or UnauthorizedAccessException)
        {
            // What made the run fail, a full disk for one, is what to tell; its report is written when the command is repeated.
        }
    }

    public static ExitCode CodeOf(RunRecord run) => run switch
    {
        { Status: RunStatus.Failed, Cause: FailureCause.Storage } => ExitCode.Storage,
        { Status: RunStatus.Failed } => ExitCode.RunFailed,
        { Status: RunStatus.Cancelled } => ExitCode.Cancelled,
        { Status: RunStatus.Completed or RunStatus.Paused } => ExitCode.Ok,
        // Who follows a run to its end, a script for one, must not take it for complete because the process that hosted it has ended.
        _ => ExitCode.ClusterUnavailable,
    };

    /// <summary>Prints the summary of a run: how it ended and where its files are.</summary>
    public static void Conclude(Screen screen, Installation installation, RunTarget target)
    {
        var run = target.Run;
        var (files, folder) = (installation.Files, target.Folder);
        screen.Line(Ending(installation, target));
        if (run.Status == RunStatus.Completed && target.LastTarget is > 0 and var node)
        {
            screen.Line($"  Its last target was node {node} and not the teacher: raise backtracking.steps, or let the target change earlier.");
        }
        foreach (var path in files.FilesOf(folder))
        {
            screen.Line($"  {path}");
        }
        if (files.FilesOf($"{folder}/{StudentEvaluation.StripFolder}").Count is > 0 and var strips)
        {
            screen.Line($"  {Path.Combine(files.Of(folder), StudentEvaluation.StripFolder)} ({strips} pictures of samples on the way)");
        }
        if (run is { Status: RunStatus.Failed, Reason: { } reason })
        {
            screen.Error.WriteLine($"disback: {reason}");
        }
    }

    /// <summary>How a run ended, in a sentence.</summary>
    public static string Ending(Installation installation, RunTarget target)
    {
        var run = target.Run;
        var again = installation.HostsRuns ? "repeat its command to go on" : $"'disback resume {target.Text}' goes on";
        var ending = run.Status switch
        {
            RunStatus.Completed => "is complete",
            RunStatus.Paused => $"is paused at step {run.Head?.Step ?? 0}; {again}",
            RunStatus.Cancelled => $"was cancelled; to start anew, delete it with 'disback delete {target.Text}', or change the name or the seed of its spec",
            RunStatus.Failed => "has failed",
            var status when installation.HostsRuns => $"is {status.ToString().ToLowerInvariant()} but no process hosts it; {again}",
            var status => $"is {status.ToString().ToLowerInvariant()}",
        };
        var figure = run.Latest.GetValueOrDefault(MetricNames.Fid) is { } fid ? $", FID {Texts.Number(fid.Value)}" : "";
        var accuracy = run.Latest.GetValueOrDefault(MetricNames.Accuracy) is { } right ? $", accuracy {Texts.Number(right.Value)}" : "";
        return $"{target.Id} {ending}{figure}{accuracy}.";
    }

    private async Task<RunTarget> FollowAsync(RunTarget run, IAsyncEnumerable<RunUpdate> updates, CancellationToken cancellation)
    {
        var last = await new RunView(session.Screen, session.Time, run.Name, run.Nodes).FollowAsync(updates, cancellation);
        return await AtLeastAsync(run.Id, last?.Sequence ?? 0);
    }

    /// <summary>The document, at least as new as what was seen: a watcher may see a change while it is still being written.</summary>
    private async Task<RunTarget> AtLeastAsync(RunId id, long sequence)
    {
        var started = session.Time.GetTimestamp();
        while (true)
        {
            var run = await RunTarget.ReadAsync(installation.Archive, id, CancellationToken.None);
            if (run.Run.Sequence >= sequence || session.Time.GetElapsedTime(started) > s_documentTimeout)
            {
                return run;
            }
            await Task.Delay(s_pollInterval, session.Time);
        }
    }
}
