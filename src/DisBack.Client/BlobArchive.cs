using DisBack.Client.Curves;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.Storage.Documents;
using DisBack.Storage.Metrics;

namespace DisBack.Client;

/// <summary>
/// An installation as its blobs tell it: lists come from copies in memory that follow the blobs, single documents are read where they lie. It
/// answers while grains write, when no silo runs, and years after.
/// </summary>
public sealed class BlobArchive : IArchive
{
    /// <summary>Of the keys that a store can hold; a longer text is no id.</summary>
    private const int LongestKey = 200;

    private readonly DocumentReader _documents;
    private readonly MetricReader _metrics;
    private readonly CurveSource _curves;
    private readonly DocumentMirror<TrialDocument, RunSummary> _trials;
    private readonly DocumentMirror<TrajectoryDocument, TrajectoryDocument> _trajectories;
    private readonly DocumentMirror<TeacherDocument, TeacherDocument> _teachers;
    private readonly DocumentMirror<ModelDocument, ModelDocument> _models;
    private readonly DocumentMirror<DrawingDocument, DrawingView> _drawings;

    /// <summary>An archive; nothing is read yet.</summary>
    /// <param name="blobs">Where everything lies.</param>
    /// <param name="mostAge">How old the answer of a list may be; zero looks every time.</param>
    /// <param name="time">The clock; null is the system's.</param>
    /// <param name="copies">
    /// A folder for what lists show of many runs, so that the next process need not read those again that have not changed; null for none.
    /// </param>
    public BlobArchive(IBlobStore blobs, TimeSpan mostAge = default, TimeProvider? time = null, string? copies = null)
    {
        Location = blobs.Location;
        Content = new ContentStore(blobs);
        _documents = new DocumentReader(blobs, DocumentNames.Service);
        _metrics = new MetricReader(blobs);
        _curves = new CurveSource(this, new MeasuredRuns(blobs));
        _trials = Mirror(
            DocumentNames.Trial,
            (TrialDocument trial) => RunSummary.Of(trial),
            (a, b) => ByAge(a.Submitted, a.Id, b.Submitted, b.Id),
            copies is null ? null : new MirrorFile<RunSummary>(Path.Combine(copies, "trials"), RunSummary.ReadFrom, (to, run) => run.WriteTo(to)));
        _trajectories = Mirror<TrajectoryDocument, TrajectoryDocument>(
            DocumentNames.Trajectory, trajectory => trajectory, (a, b) => ByAge(a.Run.Submitted, a.Id, b.Run.Submitted, b.Id));
        _teachers = Mirror<TeacherDocument, TeacherDocument>(
            DocumentNames.Teacher, teacher => teacher, (a, b) => string.CompareOrdinal(a.Id, b.Id));
        _models = Mirror<ModelDocument, ModelDocument>(DocumentNames.Model, model => model, (a, b) => string.CompareOrdinal(a.Id, b.Id));
        _drawings = Mirror<DrawingDocument, DrawingView>(DocumentNames.Drawing, DrawingView.Of, (a, b) => ByAge(a.Submitted, a.Id, b.Submitted, b.Id));

        DocumentMirror<TDocument, TItem> Mirror<TDocument, TItem>(
            string kind, Func<TDocument, TItem> project, Comparison<TItem> order, MirrorFile<TItem>? file = null)
            where TDocument : class => new(_documents, kind, project, order, mostAge, time ?? TimeProvider.System, file);
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public ContentStore Content { get; }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunSummary>> RunsAsync(RunFilter? filter = null, CancellationToken cancellation = default) =>
        [.. (filter ?? new RunFilter()).Of(await _trials.ItemsAsync(cancellation))];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TrajectoryDocument>> TrajectoriesAsync(CancellationToken cancellation = default) =>
        [.. await _trajectories.ItemsAsync(cancellation)];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TeacherDocument>> TeachersAsync(CancellationToken cancellation = default) =>
        [.. await _teachers.ItemsAsync(cancellation)];

    /// <inheritdoc/>
    /// <remarks>Of a single run there is a sweep too, but no page: among ten thousand runs only the searches are read.</remarks>
    public async Task<IReadOnlyList<SweepDocument>> SweepsAsync(CancellationToken cancellation = default)
    {
        var ids = await _documents.FindAllAsync(DocumentNames.SweepPage, DocumentNames.SweepPage, cancellation)
            .Select(page => GrainKeys.SweepOf(page.Key)).Distinct().ToListAsync(cancellation);
        var sweeps = new List<SweepDocument>();
        foreach (var id in ids)
        {
            if (await SweepAsync(id, cancellation) is { } sweep)
            {
                sweeps.Add(sweep);
            }
        }
        return [.. sweeps.OrderByDescending(sweep => sweep.Submitted).ThenBy(sweep => sweep.Id, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SweepTrial>> SweepTrialsAsync(string id, CancellationToken cancellation = default) =>
        await _documents.ListAsync<SweepPage>(DocumentNames.SweepPage, DocumentNames.SweepPage, $"{id}/", cancellation)
            .SelectMany(page => page.State.Trials).ToListAsync(cancellation);

    /// <summary>The trials of a search with certain ordinals; only the pages that hold them are read.</summary>
    /// <param name="id">The sweep.</param>
    /// <param name="ordinals">From the start, as <c>100..200</c>; fewer are found where the sweep has not so many.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<IReadOnlyList<SweepTrial>> SweepTrialsAsync(string id, Range ordinals, CancellationToken cancellation = default)
    {
        var (first, end) = (ordinals.Start.Value, ordinals.End.Value);
        var trials = new List<SweepTrial>();
        for (var page = first / SweepPage.Size; page * SweepPage.Size < end; page++)
        {
            var key = GrainKeys.SweepPage(id, page);
            if (await _documents.ReadAsync<SweepPage>(DocumentNames.SweepPage, key, DocumentNames.SweepPage, cancellation) is not { } found)
            {
                break;
            }
            trials.AddRange(found.Trials.Where(trial => trial.Ordinal >= first && trial.Ordinal < end));
        }
        return trials;
    }

    /// <inheritdoc/>
    public async Task<SweepDocument?> SweepAsync(string id, CancellationToken cancellation = default) =>
        await _documents.ReadAsync<SweepDocument>(DocumentNames.Sweep, id, DocumentNames.Sweep, cancellation) is { IsSearch: true } sweep
            ? sweep
            : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> DamagedAsync(RunKind kind, CancellationToken cancellation = default)
    {
        var damaged = kind switch
        {
            RunKind.Backtracking => await _trials.DamagedAsync(cancellation),
            RunKind.Recording => await _trajectories.DamagedAsync(cancellation),
            RunKind.Teacher => await _teachers.DamagedAsync(cancellation),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of run."),
        };
        return Sentences(damaged);
    }

    /// <inheritdoc/>
    public Task<TrialDocument?> TrialAsync(string id, CancellationToken cancellation = default) =>
        _documents.ReadAsync<TrialDocument>(DocumentNames.Trial, id, DocumentNames.Trial, cancellation);

    /// <inheritdoc/>
    public Task<TrajectoryDocument?> TrajectoryAsync(string key, CancellationToken cancellation = default) =>
        _documents.ReadAsync<TrajectoryDocument>(DocumentNames.Trajectory, key, DocumentNames.Trajectory, cancellation);

    /// <inheritdoc/>
    public Task<TeacherDocument?> TeacherAsync(string name, CancellationToken cancellation = default) =>
        _documents.ReadAsync<TeacherDocument>(DocumentNames.Teacher, name, DocumentNames.Teacher, cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ModelDocument>> ModelsAsync(CancellationToken cancellation = default) =>
        [.. await _models.ItemsAsync(cancellation)];

    /// <inheritdoc/>
    public Task<ModelDocument?> ModelAsync(string name, CancellationToken cancellation = default) =>
        _documents.ReadAsync<ModelDocument>(DocumentNames.Model, name, DocumentNames.Model, cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> DamagedModelsAsync(CancellationToken cancellation = default) =>
        Sentences(await _models.DamagedAsync(cancellation));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DrawingView>> DrawingsAsync(CancellationToken cancellation = default) =>
        [.. await _drawings.ItemsAsync(cancellation)];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> DamagedDrawingsAsync(CancellationToken cancellation = default) =>
        Sentences(await _drawings.DamagedAsync(cancellation));

    /// <summary>The drawing of an id as it was last written; null if there is none. What its worker does now, its grain alone knows.</summary>
    public Task<DrawingDocument?> DrawingAsync(string id, CancellationToken cancellation = default) =>
        _documents.ReadAsync<DrawingDocument>(DocumentNames.Drawing, id, DocumentNames.Drawing, cancellation);

    /// <inheritdoc/>
    public async Task<TrialDocument> FindTrialAsync(string text, CancellationToken cancellation = default)
    {
        // A whole id needs no look at the others.
        if (text.Contains('/', StringComparison.Ordinal) && text.Length < LongestKey && await TrialAsync(text, cancellation) is { } named)
        {
            return named;
        }
        var id = await IdOfAsync(text, await RunsAsync(null, cancellation), run => [run.Id, run.Name], _trials, "run", cancellation);
        return await TrialAsync(id, cancellation) ?? throw Gone("run", id);
    }

    /// <inheritdoc/>
    public async Task<TrajectoryDocument> FindTrajectoryAsync(string text, CancellationToken cancellation = default)
    {
        var walkers = (await RunsAsync(null, cancellation)).ToLookup(run => run.Trajectory);
        var id = await IdOfAsync(
            text,
            await TrajectoriesAsync(cancellation),
            trajectory => [trajectory.Id, trajectory.Name, .. walkers[trajectory.Id].SelectMany(run => new[] { run.Id, run.Name })],
            _trajectories,
            "trajectory",
            cancellation);
        return await TrajectoryAsync(id, cancellation) ?? throw Gone("trajectory", id);
    }

    /// <inheritdoc/>
    public async Task<TeacherDocument> FindTeacherAsync(string text, CancellationToken cancellation = default)
    {
        var id = await IdOfAsync(text, await TeachersAsync(cancellation), TeacherLibrary.Names, _teachers, "teacher", cancellation);
        return await TeacherAsync(id, cancellation) ?? throw Gone("teacher", id);
    }

    /// <inheritdoc/>
    public Task<MetricHistory> MetricsAsync(RunId run, CancellationToken cancellation = default) =>
        _metrics.ReadAsync(GrainKeys.Metrics(run.Kind, run.Owner), cancellation);

    /// <inheritdoc/>
    public Task<LogPage> LogsAsync(RunId run, LogQuery query, CancellationToken cancellation = default) =>
        query.Limit is < 1 or > LogQuery.MostLines
            ? throw new DisBackException($"limit is {query.Limit}; a page of a log has 1 to {LogQuery.MostLines} lines.")
            : _metrics.ReadLogAsync(GrainKeys.Metrics(run.Kind, run.Owner), query, cancellation);

    /// <inheritdoc/>
    public Task<CurveSet> CurvesAsync(CurveQuery query, CancellationToken cancellation = default) => _curves.ReadAsync(query, cancellation);

    /// <summary>Curves of one run of any kind over steps, thinned for a chart.</summary>
    /// <param name="run">The run.</param>
    /// <param name="query">Which metrics, how thin, and between which steps; its runs count for nothing.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="DisBackException">The question asks for too much, or for other places than steps.</exception>
    public Task<CurveSet> CurvesAsync(RunId run, CurveQuery query, CancellationToken cancellation = default) => _curves.ReadAsync(run, query, cancellation);

    /// <summary>The installation was sent a command: the next list is looked up anew, whatever its age.</summary>
    public void Expire()
    {
        _trials.Expire();
        _trajectories.Expire();
        _teachers.Expire();
        _models.Expire();
        _drawings.Expire();
    }

    private static IReadOnlyList<string> Sentences(IEnumerable<(string Key, string Message)> damaged) =>
        [.. damaged.Select(document => document.Message).Order(StringComparer.Ordinal)];

    /// <summary>The id that is meant. A damaged document is found by its key, for its reader to say what is wrong with it.</summary>
    private static async Task<string> IdOfAsync<TDocument, TItem>(
        string text,
        IEnumerable<TItem> items,
        Func<TItem, IEnumerable<string>> names,
        DocumentMirror<TDocument, TItem> mirror,
        string kind,
        CancellationToken cancellation)
        where TDocument : class
    {
        List<IEnumerable<string>> known = [.. items.Select(names), .. (await mirror.DamagedAsync(cancellation)).Select(damaged => new[] { damaged.Key })];
        return Lookup.Find(text, known, own => own, kind).First();
    }

    /// <summary>Newest first.</summary>
    private static int ByAge(DateTimeOffset submitted, string id, DateTimeOffset otherSubmitted, string otherId) =>
        otherSubmitted.CompareTo(submitted) is var order and not 0 ? order : string.CompareOrdinal(id, otherId);

    private static NotFoundException Gone(string kind, string id) => new($"The {kind} '{id}' was deleted a moment ago.");
}
