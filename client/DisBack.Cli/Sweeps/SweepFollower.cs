using DisBack.Cli.Installations;
using DisBack.Cli.Report;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Cli.Sweeps;

/// <summary>Sees a sweep through to where it settles, and says what came of it.</summary>
internal sealed class SweepFollower(Session session, Installation installation, IControl control)
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_linePeriod = TimeSpan.FromSeconds(10);

    private readonly HashSet<int> _told = [];

    /// <summary>Has the sweep go on if it rests, shows it until it settles, and leaves its table and the files of its best trial.</summary>
    public async Task<ExitCode> FinishAsync(string id, CancellationToken cancellation)
    {
        var (sweep, trials) = await ReadAsync(id);
        var table = new SweepTrials(sweep);
        if (sweep.Intent == RunIntent.Pause || trials.Any(trial => trial.Status == RunStatus.Paused))
        {
            await control.SteerSweepAsync(id, RunIntent.Run, cancellation);
        }
        _told.UnionWith(trials.Where(trial => trial.Status.IsSettled() && trial.Status != RunStatus.Paused).Select(trial => trial.Ordinal));
        var pausing = Task.CompletedTask;
        using (session.Signals.Stopping.Register(() =>
        {
            session.Screen.Error.WriteLine(installation.HostsRuns
                ? "Stopping each trial after a checkpoint; Ctrl-C again stops at once."
                : $"{id} goes on; 'disback sweep show {id}' shows it, 'disback pause sweep/{id}' pauses it.");
            pausing = installation.HostsRuns ? control.SteerSweepAsync(id, RunIntent.Pause, CancellationToken.None) : Task.CompletedTask;
        }))
        {
            (sweep, trials) = await FollowAsync(id, table);
        }
        await pausing;
        return await ConcludeAsync(sweep, trials, table);
    }

    /// <summary>Waits until nothing is under way.</summary>
    public async Task SettledAsync(string id, CancellationToken cancellation)
    {
        while (await ReadAsync(id) is var (sweep, trials) && !SweepView.Of(sweep, trials).IsSettled)
        {
            await Task.Delay(s_look, session.Time, cancellation);
        }
    }

    private async Task<(SweepDocument, IReadOnlyList<SweepTrial>)> FollowAsync(string id, SweepTrials table)
    {
        var lastLine = 0L;
        while (true)
        {
            var (sweep, trials) = await ReadAsync(id);
            var view = SweepView.Of(sweep, trials);
            foreach (var trial in trials.Where(trial => trial.Status.IsSettled() && trial.Status != RunStatus.Paused && _told.Add(trial.Ordinal)))
            {
                var figure = trial.Value is { } value ? $", {view.Objective.Metric} {Texts.Number(value)}" : "";
                session.Screen.Line($"{GrainKeys.Trial(id, trial.Ordinal)} {Ending(trial)}{figure} ({table.Show(trial)})");
            }
            if (view.IsSettled || (!installation.HostsRuns && session.Signals.Received is not null))
            {
                return (sweep, trials);
            }
            if (lastLine == 0 || session.Time.GetElapsedTime(lastLine) >= s_linePeriod)
            {
                lastLine = session.Time.GetTimestamp();
                session.Screen.Error.WriteLine(Line(view));
            }
            await Task.Delay(s_look, session.Time);
        }
    }

    private async Task<ExitCode> ConcludeAsync(SweepDocument sweep, IReadOnlyList<SweepTrial> trials, SweepTrials table)
    {
        var view = SweepView.Of(sweep, trials);
        var folder = Directory.CreateDirectory(installation.Files.Of(sweep.Id)).FullName;
        var csv = Path.Combine(folder, "trials.csv");
        await File.WriteAllLinesAsync(csv, table.Csv(trials));
        session.Screen.Line($"{sweep.Id}: {Line(view)}");
        SayExhausted(session.Screen, sweep);
        session.Screen.Line($"  {csv}");
        if (view is { IsSettled: true, Intent: RunIntent.Run, Best: { } best })
        {
            var run = await RunTarget.ReadAsync(installation.Archive, RunId.Trial(GrainKeys.Trial(sweep.Id, best.Ordinal)), CancellationToken.None);
            await RunFiles.WriteAsync(session.Screen, installation, run, CancellationToken.None);
            foreach (var path in installation.Files.FilesOf(run.Folder))
            {
                session.Screen.Line($"  {path}");
            }
        }
        foreach (var refused in trials.Where(trial => trial is { Reason: not null, Pruned: false }).Take(3))
        {
            await session.Screen.Error.WriteLineAsync($"disback: trial {refused.Ordinal} could not begin: {refused.Reason}");
        }
        return session.Signals.Received ?? (view.Counts.ContainsKey(RunStatus.Failed) ? ExitCode.RunFailed
            : view.Counts.ContainsKey(RunStatus.Cancelled) ? ExitCode.Cancelled
            : ExitCode.Ok);
    }

    /// <summary>Where a sweep stands, in one line.</summary>
    public static string Line(SweepView view)
    {
        var waiting = view.Trials - view.Proposed;
        string[] parts =
        [
            .. view.Counts.OrderByDescending(count => count.Key).Select(count => $"{count.Value} {count.Key.ToString().ToLowerInvariant()}"),
            .. view.Pruned > 0 ? [$"{view.Pruned} pruned"] : Array.Empty<string>(),
            .. waiting > 0 ? [$"{waiting} to come"] : Array.Empty<string>(),
        ];
        var best = view.Best is { } trial ? $"; best {view.Objective.Metric} {Texts.Number(trial.Value!.Value)} by trial {trial.Ordinal}" : "";
        return $"{view.Trials} trials: {string.Join(", ", parts)}{best}";
    }

    /// <summary>Says why a sweep has fewer trials than its spec stands for, and what adds to them.</summary>
    public static void SayExhausted(Screen screen, SweepDocument sweep)
    {
        if (sweep.Exhausted is { } why)
        {
            screen.Line($"  {why} A larger 'search.budget' in 'disback amend {sweep.Id} --set ...' has it go on.");
        }
    }

    private async Task<(SweepDocument, IReadOnlyList<SweepTrial>)> ReadAsync(string id)
    {
        var sweep = await installation.Archive.SweepAsync(id, CancellationToken.None) ?? throw new NotFoundException($"There is no sweep {id}.");
        return (sweep, await installation.Archive.SweepTrialsAsync(id, CancellationToken.None));
    }

    private static string Ending(SweepTrial trial) => trial.Status switch
    {
        _ when trial.Pruned => "was pruned",
        RunStatus.Completed => "is complete",
        RunStatus.Failed => "has failed",
        _ => "was cancelled",
    };
}
