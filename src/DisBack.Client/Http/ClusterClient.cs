using System.Globalization;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using DisBack.Client.Curves;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Storage.Content;
using DisBack.Storage.Metrics;

namespace DisBack.Client.Http;

/// <summary>A cluster behind its gateway: queries and commands over HTTP.</summary>
public sealed class ClusterClient : IArchive, IControl, IRowQueries, IDisposable
{
    private const int PageSize = 200;

    /// <summary>Runs that a question for curves names in one address.</summary>
    private const int RunsOfAddress = 25;

    /// <summary>Signs of life that may be late or lost before a connection counts as silent.</summary>
    private const int SignsMissed = 3;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    /// <summary>How often a gateway of version 0.1 says something, which it does not tell.</summary>
    private static readonly TimeSpan s_untoldPeriod = TimeSpan.FromSeconds(10);

    /// <summary>A gateway that is replaced within this time is not worth a notice.</summary>
    private static readonly TimeSpan s_noticeAfter = TimeSpan.FromSeconds(3);

    private readonly ClusterHttp _http;
    private readonly TimeProvider _time;
    private readonly Action<string> _notice;

    /// <summary>A client; nothing is asked yet.</summary>
    /// <param name="address">The gateway.</param>
    /// <param name="token">What shows who asks; null asks without.</param>
    /// <param name="notice">Receives a sentence when the gateway is waited for, and when it is back; null is nobody.</param>
    /// <param name="time">The clock; null is the system's.</param>
    public ClusterClient(Uri address, string? token, Action<string>? notice = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _notice = notice ?? (_ => { });
        _http = new ClusterHttp(address, token, _time, _notice);
        Content = new ContentStore(new ContentsOverHttp(_http));
    }

    /// <inheritdoc/>
    public string Location => _http.Address.AbsoluteUri;

    /// <inheritdoc/>
    public ContentStore Content { get; }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunSummary>> RunsAsync(RunFilter? filter = null, CancellationToken cancellation = default)
    {
        var status = filter?.Status is { } wanted ? $"&status={JsonSerializer.SerializeToElement(wanted, Api.Json).GetString()}" : "";
        var name = string.IsNullOrEmpty(filter?.Name) ? "" : $"&name={Uri.EscapeDataString(filter.Name)}";
        var tag = string.IsNullOrEmpty(filter?.Tag) ? "" : $"&tag={Uri.EscapeDataString(filter.Tag)}";
        var runs = new List<RunSummary>();
        await foreach (var page in PagesAsync<RunSummary>(Api.CollectionOf(RunKind.Backtracking), status + name + tag, cancellation))
        {
            runs.AddRange(page.Where(run => filter?.Holds(run) is not false));
            if (runs.Count >= filter?.Most)
            {
                return runs[..filter.Most.Value];
            }
        }
        return runs;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TrajectoryDocument>> TrajectoriesAsync(CancellationToken cancellation = default) =>
        AllAsync<TrajectoryDocument>(Api.CollectionOf(RunKind.Recording), "", cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TeacherDocument>> TeachersAsync(CancellationToken cancellation = default) =>
        AllAsync<TeacherDocument>(Api.CollectionOf(RunKind.Teacher), "", cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SweepDocument>> SweepsAsync(CancellationToken cancellation = default) =>
        AllAsync<SweepDocument>(Api.Sweeps, "", cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SweepTrial>> SweepTrialsAsync(string id, CancellationToken cancellation = default) =>
        AllAsync<SweepTrial>($"{Api.PathOfSweep(id)}/trials", "", cancellation);

    /// <inheritdoc/>
    public Task<SweepDocument?> SweepAsync(string id, CancellationToken cancellation = default) =>
        _http.FindAsync<SweepDocument>(Api.PathOfSweep(id), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> DamagedAsync(RunKind kind, CancellationToken cancellation = default) =>
        DamagedInAsync(Api.CollectionOf(kind), cancellation);

    /// <inheritdoc/>
    public Task<TrialDocument?> TrialAsync(string id, CancellationToken cancellation = default) =>
        _http.FindAsync<TrialDocument>(Api.PathOf(RunId.Trial(id)), cancellation);

    /// <inheritdoc/>
    public Task<TrajectoryDocument?> TrajectoryAsync(string key, CancellationToken cancellation = default) =>
        _http.FindAsync<TrajectoryDocument>(Api.PathOf(RunId.Trajectory(key)), cancellation);

    /// <inheritdoc/>
    public Task<TeacherDocument?> TeacherAsync(string name, CancellationToken cancellation = default) =>
        _http.FindAsync<TeacherDocument>(Api.PathOf(RunId.Teacher(name)), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ModelDocument>> ModelsAsync(CancellationToken cancellation = default) => AllAsync<ModelDocument>(Api.Models, "", cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> DamagedModelsAsync(CancellationToken cancellation = default) => DamagedInAsync(Api.Models, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DrawingView>> DrawingsAsync(CancellationToken cancellation = default) => AllAsync<DrawingView>(Api.Drawings, "", cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> DamagedDrawingsAsync(CancellationToken cancellation = default) => DamagedInAsync(Api.Drawings, cancellation);

    /// <inheritdoc/>
    public Task<ModelDocument?> ModelAsync(string name, CancellationToken cancellation = default) =>
        _http.FindAsync<ModelDocument>(Api.PathOfModel(name), cancellation);

    /// <inheritdoc/>
    public Task<TrialDocument> FindTrialAsync(string text, CancellationToken cancellation = default) =>
        MeantAsync<TrialDocument>(RunKind.Backtracking, text, cancellation);

    /// <inheritdoc/>
    public Task<TrajectoryDocument> FindTrajectoryAsync(string text, CancellationToken cancellation = default) =>
        MeantAsync<TrajectoryDocument>(RunKind.Recording, text, cancellation);

    /// <inheritdoc/>
    public Task<TeacherDocument> FindTeacherAsync(string text, CancellationToken cancellation = default) =>
        MeantAsync<TeacherDocument>(RunKind.Teacher, text, cancellation);

    /// <inheritdoc/>
    public Task<MetricHistory> MetricsAsync(RunId run, CancellationToken cancellation = default) =>
        _http.GetAsync<MetricHistory>($"{Api.PathOf(run)}/metrics", cancellation);

    /// <inheritdoc/>
    public Task<LogPage> LogsAsync(RunId run, LogQuery query, CancellationToken cancellation = default)
    {
        var rest = (query.Attempt is { } attempt ? $"&attempt={attempt.ToString(CultureInfo.InvariantCulture)}" : "")
            + (query.Search.Length > 0 ? $"&search={Uri.EscapeDataString(query.Search)}" : "")
            + (query.After is { } after ? $"&after={after}" : "");
        return _http.GetAsync<LogPage>(
            string.Create(CultureInfo.InvariantCulture, $"{Api.PathOf(run)}/logs?level={LogEvents.NameOf(query.Level)}&limit={query.Limit}{rest}"),
            cancellation);
    }

    /// <inheritdoc/>
    public async Task<CurveSet> CurvesAsync(CurveQuery query, CancellationToken cancellation = default)
    {
        query.Check();
        var (curves, damaged) = (new List<ThinnedCurve>(), new List<string>());
        // The names travel in the address, which has a bound.
        foreach (var runs in query.Runs.Chunk(RunsOfAddress))
        {
            var names = runs.Select(run => $"&run={Uri.EscapeDataString(run)}").Concat(query.Metrics.Select(name => $"&metric={Uri.EscapeDataString(name)}"));
            var by = JsonNamingPolicy.KebabCaseLower.ConvertName(query.By.ToString());
            var range = Bound("from", query.From) + Bound("to", query.To);
            var part = await _http.GetAsync<CurveSet>(
                string.Create(CultureInfo.InvariantCulture, $"{Api.Curves}?points={query.Parts}&by={by}{range}{string.Concat(names)}"), cancellation);
            curves.AddRange(part.Curves);
            damaged.AddRange(part.Damaged);
        }
        return new CurveSet(curves, damaged);

        static string Bound(string name, double place) =>
            double.IsFinite(place) ? $"&{name}={Uri.EscapeDataString(place.ToString("R", CultureInfo.InvariantCulture))}" : "";
    }

    /// <inheritdoc/>
    public Task<RowPage> QueryAsync(RowQuery query, CancellationToken cancellation = default)
    {
        var given = new (string Name, string? Value)[]
        {
            ("where", query.Where), ("sort", string.Join(',', query.Sort)), ("columns", string.Join(',', query.Columns)), ("after", query.After),
            ("offset", query.Offset == 0 ? null : query.Offset.ToString(CultureInfo.InvariantCulture)),
        };
        var rest = string.Concat(given.Where(part => !string.IsNullOrEmpty(part.Value)).Select(part => $"&{part.Name}={Uri.EscapeDataString(part.Value!)}"));
        return _http.GetAsync<RowPage>(
            string.Create(CultureInfo.InvariantCulture, $"{Api.Tables}/{Uri.EscapeDataString(query.Table)}?limit={query.Limit}{rest}"), cancellation);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RowTable>> TablesAsync(CancellationToken cancellation = default) =>
        _http.GetAsync<IReadOnlyList<RowTable>>(Api.Tables, cancellation);

    /// <inheritdoc/>
    public async Task<string> SubmitAsync(ExperimentSpec spec, ContentRef teacher, CancellationToken cancellation = default) =>
        (await _http.SendAsync<Submitted>(
            HttpMethod.Post,
            Api.CollectionOf(RunKind.Backtracking),
            new Submission(SpecJson.Canonical(spec), teacher),
            cancellation)).Id;

    /// <inheritdoc/>
    public async Task<string> SubmitSweepAsync(SweepSubmission submission, CancellationToken cancellation = default) =>
        (await _http.SendAsync<Submitted>(HttpMethod.Post, Api.Sweeps, submission, cancellation)).Id;

    /// <inheritdoc/>
    public Task<CommandReply> AmendSweepAsync(string id, SweepSubmission submission, CancellationToken cancellation = default) =>
        _http.SendAsync<CommandReply>(HttpMethod.Post, $"{Api.PathOfSweep(id)}/amend", submission, cancellation);

    /// <inheritdoc/>
    public Task SteerSweepAsync(string id, RunIntent intent, CancellationToken cancellation = default)
    {
        var command = intent switch { RunIntent.Pause => "pause", RunIntent.Cancel => "cancel", _ => "resume" };
        return _http.SendAsync<SweepDocument>(HttpMethod.Post, $"{Api.PathOfSweep(id)}/{command}", null, cancellation);
    }

    /// <inheritdoc/>
    public Task<CommandReply> DeleteSweepAsync(string id, CancellationToken cancellation = default) => DeleteAsync(Api.PathOfSweep(id), id, cancellation);

    /// <inheritdoc/>
    public Task<TeacherDocument> RegisterTeacherAsync(string name, TeacherRegistration registration, CancellationToken cancellation = default) =>
        _http.SendAsync<TeacherDocument>(HttpMethod.Put, Api.PathOf(RunId.Teacher(name)), registration, cancellation);

    /// <inheritdoc/>
    public Task<TrajectoryDocument> RegisterTrajectoryAsync(TrajectoryRegistration registration, CancellationToken cancellation = default) =>
        _http.SendAsync<TrajectoryDocument>(HttpMethod.Post, Api.CollectionOf(RunKind.Recording), registration, cancellation);

    /// <inheritdoc/>
    public Task<TeacherDocument> TrainTeacherAsync(TeacherSpec spec, CancellationToken cancellation = default) =>
        _http.SendAsync<TeacherDocument>(
            HttpMethod.Post,
            $"{Api.PathOf(RunId.Teacher(spec.Name))}/train",
            new Submission(SpecJson.Canonical(spec)),
            cancellation);

    /// <inheritdoc/>
    public Task<ModelDocument> RegisterModelAsync(string name, ModelManifest manifest, CancellationToken cancellation = default) =>
        _http.SendAsync<ModelDocument>(HttpMethod.Put, Api.PathOfModel(name), manifest, cancellation);

    /// <inheritdoc/>
    public Task DeleteModelAsync(string name, CancellationToken cancellation = default) =>
        _http.SendAsync<ModelDocument>(HttpMethod.Delete, Api.PathOfModel(name), null, cancellation);

    /// <inheritdoc/>
    public async Task<DrawingView> DrawAsync(DrawingRequest request, string id, CancellationToken cancellation = default) =>
        (await _http.SendAsync<DrawingAnswer>(HttpMethod.Post, Api.Drawings, new DrawingSubmission(request, id), cancellation)).Drawing;

    /// <inheritdoc/>
    public async Task<DrawingView> DrawingAsync(string id, CancellationToken cancellation = default) =>
        (await _http.GetAsync<DrawingAnswer>(Api.PathOfDrawing(id), cancellation)).Drawing;

    /// <inheritdoc/>
    public async Task<DrawingView> CancelDrawingAsync(string id, CancellationToken cancellation = default) =>
        (await _http.SendAsync<DrawingAnswer>(HttpMethod.Delete, Api.PathOfDrawing(id), null, cancellation)).Drawing;

    /// <inheritdoc/>
    public Task<CommandReply> PauseAsync(RunId run, CancellationToken cancellation = default) => CommandAsync(run, "pause", cancellation);

    /// <inheritdoc/>
    public Task<CommandReply> ResumeAsync(RunId run, CancellationToken cancellation = default) => CommandAsync(run, "resume", cancellation);

    /// <inheritdoc/>
    public Task<CommandReply> CancelAsync(RunId run, CancellationToken cancellation = default) => CommandAsync(run, "cancel", cancellation);

    /// <inheritdoc/>
    public Task<CommandReply> DeleteAsync(RunId run, CancellationToken cancellation = default) => DeleteAsync(Api.PathOf(run), run.ToString(), cancellation);

    /// <inheritdoc/>
    public Task<CommandReply> RepairAsync(RunId run, IReadOnlyList<string> lost, CancellationToken cancellation = default) =>
        _http.SendAsync<CommandReply>(HttpMethod.Post, $"{Api.PathOf(run)}/repair", new Repair(lost), cancellation);

    /// <inheritdoc/>
    public Task<TrialDocument> TagAsync(
        string trial, IReadOnlyList<string> add, IReadOnlyList<string> remove, CancellationToken cancellation = default) =>
        _http.SendAsync<TrialDocument>(HttpMethod.Post, $"{Api.PathOf(RunId.Trial(trial))}/tags", new TagChange(add, remove), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> WhyAsync(RunId run, CancellationToken cancellation = default) =>
        _http.GetAsync<IReadOnlyList<string>>($"{Api.PathOf(run)}/why", cancellation);

    /// <inheritdoc/>
    public Task<PoolView> PoolAsync(CancellationToken cancellation = default) => _http.GetAsync<PoolView>("accelerators", cancellation);

    /// <inheritdoc/>
    /// <remarks>It is retried without end: the run goes on without its watchers, and they wait until a gateway is back.</remarks>
    public IAsyncEnumerable<RunUpdate> WatchAsync(RunId run, long afterSequence = 0, CancellationToken cancellationToken = default)
    {
        var heard = _time.GetTimestamp();
        var noticed = false;
        return LastingWatch.FollowAsync(OpenAsync, afterSequence, IsRetried, s_firstPause, s_longestPause, null, _time, cancellationToken);

        async IAsyncEnumerable<RunUpdate> OpenAsync(long after, [EnumeratorCancellation] CancellationToken stop)
        {
            await foreach (var update in StreamAsync(run, after, () => heard = _time.GetTimestamp(), stop))
            {
                if (noticed)
                {
                    _notice($"The cluster at {Location} answers again.");
                }
                noticed = false;
                yield return update;
            }
        }

        bool IsRetried(Exception failure, int _)
        {
            if (failure is not (IOException or HttpRequestException or TimeoutException or ClusterUnavailableException))
            {
                return false;
            }
            if (!noticed && _time.GetElapsedTime(heard) >= s_noticeAfter)
            {
                noticed = true;
                _notice(_http.Trouble(failure));
            }
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>One connection's worth of updates; it ends without an exception only where the run has settled.</summary>
    private async IAsyncEnumerable<RunUpdate> StreamAsync(RunId run, long after, Action heard, [EnumeratorCancellation] CancellationToken stop)
    {
        var longest = Api.KeepAlivePeriod * SignsMissed;
        using var silence = new CancellationTokenSource(longest, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, silence.Token);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Api.PathOf(run)}/watch");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        request.Headers.Add("Last-Event-ID", after.ToString(CultureInfo.InvariantCulture));
        using var response = await InTimeAsync(_http.SendOnceAsync(request, ending.Token));
        longest = PeriodOf(response) * SignsMissed;
        silence.CancelAfter(longest);
        await using var body = await InTimeAsync(response.Content.ReadAsStreamAsync(ending.Token));
        // An event that only shows that the connection works has no data.
        var items = SseParser.Create(body, (type, data) => type == Api.KeepAliveEvent ? null : UpdateIn(data))
            .EnumerateAsync(ending.Token)
            .GetAsyncEnumerator(ending.Token);
        await using var _ = items;
        RunUpdate? last = null;
        while (await InTimeAsync(items.MoveNextAsync().AsTask()))
        {
            silence.CancelAfter(longest);
            heard();
            if (items.Current.Data is { } update)
            {
                yield return last = update;
            }
        }
        if (last is null || !last.Status.IsSettled())
        {
            throw new IOException("the connection was closed");
        }

        async Task<T> InTimeAsync<T>(Task<T> answer)
        {
            try
            {
                return await answer;
            }
            catch (OperationCanceledException) when (silence.IsCancellationRequested && !stop.IsCancellationRequested)
            {
                throw new TimeoutException($"nothing was heard for {longest.TotalSeconds:0} seconds");
            }
        }
    }

    private static TimeSpan PeriodOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(Api.KeepAliveHeader, out var told)
        && int.TryParse(told.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 3600
            ? TimeSpan.FromSeconds(seconds)
            : s_untoldPeriod;

    /// <exception cref="DisBackException">It is none: what sends it is no gateway, and would send it again.</exception>
    private RunUpdate? UpdateIn(ReadOnlySpan<byte> data)
    {
        try
        {
            return JsonSerializer.Deserialize<RunUpdate>(data, Api.Json);
        }
        catch (Exception failure) when (failure is JsonException or NotSupportedException)
        {
            throw new DisBackException($"What {Location} sent is not an update of a run; check the address given with --cluster.", failure);
        }
    }

    private Task<CommandReply> CommandAsync(RunId run, string command, CancellationToken cancellation) =>
        _http.SendAsync<CommandReply>(HttpMethod.Post, $"{Api.PathOf(run)}/{command}", null, cancellation);

    private async Task<CommandReply> DeleteAsync(string path, string what, CancellationToken cancellation)
    {
        try
        {
            return await _http.SendAsync<CommandReply>(HttpMethod.Delete, path, null, cancellation);
        }
        catch (NotFoundException)
        {
            // The answer to an earlier try may have been lost on the way.
            return new CommandReply(RunStatus.Pending, true, $"{what} is there no more.");
        }
    }

    private Task<T> MeantAsync<T>(RunKind kind, string text, CancellationToken cancellation) =>
        _http.GetAsync<T>($"find/{Api.CollectionOf(kind)}?text={Uri.EscapeDataString(text)}", cancellation);

    private Task<IReadOnlyList<string>> DamagedInAsync(string list, CancellationToken cancellation) =>
        _http.GetAsync<IReadOnlyList<string>>($"damaged?in={list}", cancellation);

    private async Task<IReadOnlyList<T>> AllAsync<T>(string path, string filter, CancellationToken cancellation) =>
        await PagesAsync<T>(path, filter, cancellation).SelectMany(page => page).ToListAsync(cancellation);

    private async IAsyncEnumerable<IReadOnlyList<T>> PagesAsync<T>(
        string path, string filter, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? next = null;
        do
        {
            var page = await _http.GetAsync<Page<T>>(
                $"{path}?limit={PageSize}{filter}{(next is null ? "" : $"&after={Uri.EscapeDataString(next)}")}",
                cancellation);
            // The start of the next page is the end of this one: a list that does not go on would be asked for without end.
            if (page.Items is null || (page.Next is not null && (page.Items.Count == 0 || page.Next == next)))
            {
                throw new ClusterUnavailableException($"What {Location} answered is not a list of a gateway; check the address given with --cluster.");
            }
            yield return page.Items;
            next = page.Next;
        }
        while (next is not null);
    }
}
