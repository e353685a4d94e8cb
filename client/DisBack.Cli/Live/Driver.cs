using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Evaluations;

namespace DisBack.Cli.Live;

/// <summary>Sees a run of this process through to where it settles, and says how it ended.</summary>
internal static class Driver
{
    /// <summary>Resumes the run if it rests, shows it, and pauses it when the user asks to stop.</summary>
    /// <returns>The run as it settled.</returns>
    public static async Task<RunRecord> DriveAsync(Session session, IRun run, RunRecord known, string name, int nodes, Func<Task<RunRecord>> read)
    {
        if (known.Status is RunStatus.Completed or RunStatus.Cancelled)
            return known;
        if (known.Status is RunStatus.Paused or RunStatus.Failed)
            await run.ResumeAsync();
        var pausing = Task.CompletedTask;
        using (session.Signals.Stopping.Register(() =>
        {
            session.Screen.Error.WriteLine("Stopping after a checkpoint; Ctrl-C again stops at once.");
            pausing = run.PauseAsync();
        }))
        {
            await new RunView(session.Screen, session.Time, name, nodes).FollowAsync(run.WatchAsync(0, CancellationToken.None), CancellationToken.None);
        }
        await pausing;
        return await read();
    }

    public static ExitCode CodeOf(RunRecord run) => run switch
    {
        { Status: RunStatus.Failed, Cause: FailureCause.Storage } => ExitCode.Storage,
        { Status: RunStatus.Failed } => ExitCode.RunFailed,
        { Status: RunStatus.Cancelled } => ExitCode.Cancelled,
        _ => ExitCode.Ok,
    };

    /// <summary>The last word on a run: how it ended and where its files are.</summary>
    public static void Conclude(Screen screen, DataFolder folder, string name, string id, RunRecord run)
    {
        var ending = run.Status switch
        {
            RunStatus.Completed => "is complete",
            RunStatus.Paused => $"is paused at step {run.Head?.Step ?? 0}; repeat its command to go on",
            RunStatus.Cancelled => "was cancelled; change the name or the seed of its spec to start anew",
            RunStatus.Failed => "has failed",
            var status => $"is {status.ToString().ToLowerInvariant()} but no process drives it; repeat its command to go on",
        };
        var figure = run.Latest.GetValueOrDefault(MetricNames.Fid) is { } fid ? $", FID {Texts.Number(fid.Value)}" : "";
        screen.Line($"{name} {ending}{figure}.");
        foreach (var path in folder.FilesOf(id))
            screen.Line($"  {path}");
        if (folder.FilesOf($"{id}/{StudentEvaluation.StripFolder}").Count is > 0 and var strips)
            screen.Line($"  {Path.Combine(folder.RunFolder(id), StudentEvaluation.StripFolder)} ({strips} pictures of the student on its way)");
        if (run is { Status: RunStatus.Failed, Reason: { } reason })
            screen.Error.WriteLine($"disback: {reason}");
    }
}
