using DisBack.Cli.Installations;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage;

namespace DisBack.Cli.Scalars;

/// <summary>Writes the scalars of runs, each into a folder of its own; of one run after another, because the history of one is in memory as a whole.</summary>
internal sealed class ScalarExport(Installation installation, Session session, string folder, ScalarFormat format) : IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly IArchive _archive = installation.Archive;
    private readonly Dictionary<RunId, RunScalars> _unfinished = [];
    private readonly HashSet<RunId> _known = [];

    /// <summary>How many runs have files.</summary>
    public int Runs { get; private set; }

    /// <summary>How many values are in them.</summary>
    public long Values { get; private set; }

    /// <summary>Whether something is missing in them because it is damaged.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Writes what there is of runs, and what comes of them until they settle if they are followed.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="sweeps">The ids of sweeps, of which all trials are meant.</param>
    /// <param name="isFollowed">Whether to wait for more.</param>
    /// <param name="cancellation">Stops it; what is written stays.</param>
    /// <exception cref="DisBackException">A run has files in the folder already.</exception>
    /// <exception cref="StorageException">Files cannot be written.</exception>
    public async Task WriteAsync(IReadOnlyList<RunId> runs, IReadOnlyList<string> sweeps, bool isFollowed, CancellationToken cancellation)
    {
        Meet(runs);
        while (true)
        {
            var isSettled = true;
            foreach (var sweep in sweeps)
            {
                isSettled &= await MeetTrialsAsync(sweep, cancellation);
            }
            foreach (var run in _unfinished.Keys.ToList())
            {
                await WriteAsync(run, isFollowed, cancellation);
            }
            if (!isFollowed || (isSettled && _unfinished.Count == 0))
            {
                return;
            }
            await Task.Delay(s_look, session.Time, cancellation);
        }
    }

    public void Dispose()
    {
        foreach (var files in _unfinished.Values)
        {
            files.Dispose();
        }
    }

    /// <summary>Takes in the trials of a sweep that have begun.</summary>
    /// <returns>Whether no more of them come.</returns>
    private async Task<bool> MeetTrialsAsync(string id, CancellationToken cancellation)
    {
        var sweep = await _archive.SweepAsync(id, cancellation) ?? throw new NotFoundException($"There is no sweep {id}.");
        var trials = await _archive.SweepTrialsAsync(id, cancellation);
        var begun = new List<RunId>();
        foreach (var run in trials.Where(trial => !trial.Deleted).Select(trial => RunId.Trial(GrainKeys.Trial(id, trial.Ordinal))).Except(_known))
        {
            // One that waits has no document.
            if (await _archive.TrialAsync(run.Owner, cancellation) is not null)
            {
                begun.Add(run);
            }
        }
        Meet(begun);
        return SweepView.Of(sweep, trials).IsSettled;
    }

    /// <summary>Takes in runs, if none of them has files yet: a command that is refused has changed nothing.</summary>
    private void Meet(IEnumerable<RunId> runs)
    {
        foreach (var run in runs.Where(_known.Add))
        {
            var path = Path.Combine([folder, .. RunTarget.FolderOf(run).Split('/')]);
            if (Path.Exists(path))
            {
                throw new DisBackException($"There are files of {run} in {path} already; delete them or name another folder.");
            }
            _unfinished.Add(run, new RunScalars(path));
        }
    }

    private async Task WriteAsync(RunId id, bool isFollowed, CancellationToken cancellation)
    {
        var (run, files) = (await RunTarget.ReadAsync(_archive, id, cancellation), _unfinished[id]);
        var isLast = !isFollowed || run.Run.Status.IsSettled();
        // What is measured is stored before each checkpoint, and a history is long.
        if (!isLast && files.Head == run.Run.Head?.Step)
        {
            return;
        }
        files.Head = run.Run.Head?.Step;
        var history = await _archive.MetricsAsync(id, cancellation);
        files.Write(run, history, format, isLast);
        if (!isLast)
        {
            return;
        }
        _unfinished.Remove(id);
        files.Dispose();
        Runs += files.Values > 0 ? 1 : 0;
        Values += files.Values;
        IsDamaged |= history.Damage.Count > 0;
        foreach (var sentence in files.Values > 0 ? history.Damage : [.. history.Damage, $"{id} has measured nothing, so there is nothing to write of it."])
        {
            await session.Screen.Error.WriteLineAsync($"disback: {sentence}");
        }
    }
}
