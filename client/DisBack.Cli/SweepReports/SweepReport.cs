using DisBack.Cli.Sweeps;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Metrics;

namespace DisBack.Cli.SweepReports;

/// <summary>Everything that the report of a sweep shows.</summary>
internal sealed class SweepReport
{
    private readonly int _sign;

    /// <param name="sweep">The sweep.</param>
    /// <param name="trials">Its trials so far.</param>
    public SweepReport(SweepDocument sweep, IReadOnlyList<SweepTrial> trials)
    {
        (Sweep, Trials) = (sweep, trials);
        Plan = SweepPlan.Parse(sweep.CurrentSpec, sweep.Id);
        View = SweepView.Of(sweep, trials);
        Importance = SweepImportance.Of(sweep, trials);
        Rows = new SweepTrials(sweep);
        Ranked = [.. Rows.Ranked(trials).Where(trial => double.IsFinite(trial.Value!.Value))];
        _sign = Plan.Search.Objective.Goal == Goal.Minimize ? 1 : -1;
    }

    public SweepDocument Sweep { get; }

    public IReadOnlyList<SweepTrial> Trials { get; }

    public SweepPlan Plan { get; }

    public SweepView View { get; }

    public SweepImportance Importance { get; }

    /// <summary>How trials are shown in rows.</summary>
    public SweepTrials Rows { get; }

    /// <summary>Complete trials whose value is a number, the best first.</summary>
    public IReadOnlyList<SweepTrial> Ranked { get; }

    /// <summary>The trial whose student is the best so far; null before there is one.</summary>
    public SweepTrial? Best => Ranked.Count > 0 ? Ranked[0] : null;

    /// <summary>The runs of trials that tables know, by their ordinals.</summary>
    public IReadOnlyDictionary<int, TrialRun> Runs { get; init; } = new Dictionary<int, TrialRun>();

    /// <summary>Seconds that recording the trajectories took, which all of its trials share.</summary>
    public double RecordingSeconds { get; init; }

    /// <summary>The document of the best trial; null where there is none.</summary>
    public TrialDocument? BestRun { get; init; }

    /// <summary>The samples that the best trial left, as a PNG; null where there are none.</summary>
    public byte[]? Samples { get; init; }

    /// <summary>What the best few have measured, the best first.</summary>
    public IReadOnlyList<(SweepTrial Trial, MetricHistory History)> Histories { get; init; } = [];

    /// <summary>What is missing because it could not be read: a sentence each.</summary>
    public IReadOnlyList<string> Damage { get; init; } = [];

    /// <summary>What the program calls itself.</summary>
    public required string Version { get; init; }

    /// <summary>When this was read.</summary>
    public required DateTimeOffset Read { get; init; }

    /// <summary>The id of a trial's run.</summary>
    public string IdOf(SweepTrial trial) => GrainKeys.Trial(Sweep.Id, trial.Ordinal);

    /// <summary>Whether one value is better than another.</summary>
    public bool IsBetter(double value, double than) => _sign * value < _sign * than;
}

/// <summary>What the table of runs says of a trial's run.</summary>
/// <param name="Seconds">Seconds in attempts that have ended, once for each slot.</param>
/// <param name="Cause">What kind of failure ended it; null unless it has failed.</param>
/// <param name="Reason">Why it failed.</param>
/// <param name="Trajectory">Key of its trajectory.</param>
internal sealed record TrialRun(double Seconds, string? Cause, string? Reason, string? Trajectory);
