using DisBack.Client;
using DisBack.Client.Curves;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Search.Comparisons;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Comparisons;

/// <summary>Reads the runs of a comparison, and what they have measured.</summary>
internal sealed class ComparisonReader(IArchive archive, ComparisonQuestion question)
{
    private readonly SortedSet<string> _measured = new(StringComparer.Ordinal);
    private readonly List<string> _damage = [];
    private readonly Dictionary<string, TrajectoryDocument?> _recordings = [];

    /// <summary>What could not be read: a sentence each.</summary>
    public IReadOnlyList<string> Damage => _damage;

    /// <summary>The same metric on fewer samples, which is measured more often; null where no run has measured it.</summary>
    public string? Quick { get; private set; }

    /// <summary>Compares.</summary>
    public async Task<Comparison> ReadAsync(IEnumerable<TrialDocument> trials, CancellationToken cancellation)
    {
        var runs = new List<ComparedRun>();
        foreach (var trial in trials.DistinctBy(trial => trial.Id))
        {
            runs.Add(await MeasuredAsync(trial, cancellation));
        }
        if (runs.All(run => run.Curve.Points.Count == 0))
        {
            throw new DisBackException(_measured.Count == 0
                ? "These runs have measured nothing yet; wait for an evaluation, or name others."
                : $"No run of these has measured '{question.Metric}'; "
                    + (NearestName.Of(question.Metric, _measured) is { } near ? $"did you mean '{near}'?" : $"there is {string.Join(", ", _measured)}."));
        }
        return new Comparison(question, Arm.Of(runs));
    }

    private async Task<ComparedRun> MeasuredAsync(TrialDocument trial, CancellationToken cancellation)
    {
        var history = await archive.MetricsAsync(RunId.Trial(trial.Id), cancellation);
        _damage.AddRange(history.Damage);
        _measured.UnionWith(history.Points.Select(point => point.Name));
        var quick = $"{question.Metric}/quick";
        Quick ??= _measured.Contains(quick) ? quick : null;
        var points = history.Curve(question.Metric).ToList();
        if (points.Count > 0 && question.By == PlaceKind.Position && trial.Nodes == 0)
        {
            throw new DisBackException($"The document of {trial.Id} does not tell its nodes, so it has no positions; compare it --by images.");
        }
        var places = new RunPlaces(trial, question.By, question.CountsRecording ? await RecordingAsync(trial.Trajectory, cancellation) : null);
        return new ComparedRun(trial, new Curve(points.Select(point => new CurvePoint(places.Of(point.Step, point.Time), point.Value))));
    }

    private async Task<TrajectoryDocument?> RecordingAsync(string key, CancellationToken cancellation)
    {
        if (key.Length > 0 && !_recordings.ContainsKey(key))
        {
            _recordings[key] = await archive.TrajectoryAsync(key, cancellation);
        }
        return _recordings.GetValueOrDefault(key);
    }
}
