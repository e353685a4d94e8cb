using System.Globalization;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Cli.Live;

/// <summary>What is known of a run while it is watched; folds updates in and puts it into a sentence.</summary>
internal sealed class RunProgress(TimeProvider time, int nodes)
{
    private readonly long _start = time.GetTimestamp();
    private readonly SortedDictionary<string, double> _losses = new(StringComparer.Ordinal);

    private double? _fid;
    private double? _best;

    public RunUpdate? Latest { get; private set; }

    public TrainingSnapshot Snapshot => Latest?.Progress ?? new TrainingSnapshot();

    /// <summary>Number of trajectory nodes; 0 until known.</summary>
    public int Nodes { get; set; } = nodes;

    public void Add(RunUpdate update)
    {
        if (update.Progress.Stage != Snapshot.Stage)
        {
            _losses.Clear();
        }
        Latest = update;
        foreach (var (name, (value, _)) in update.Progress.Metrics.OrderBy(m => m.Value.Step))
        {
            if (name == MetricNames.Fid || name.StartsWith(MetricNames.Fid + "/", StringComparison.Ordinal))
            {
                (_fid, _best) = (value, Math.Min(value, _best ?? value));
            }
            else if (name.StartsWith("loss/", StringComparison.Ordinal) || name == "loss")
            {
                _losses[name] = value;
            }
        }
    }

    /// <summary>The part of the steps that is done, from 0 to 1.</summary>
    public double Done => Snapshot.Steps > 0 ? Math.Clamp((double)Snapshot.Step / Snapshot.Steps, 0, 1) : 0;

    public string Stage => Latest switch
    {
        null => "connecting",
        { Unheard: true } => "not heard",
        { Status: RunStatus.Running or RunStatus.Starting, Progress.Stage: { Length: > 0 } stage } => stage,
        { Status: RunStatus.Recording } => "recording",
        { Status: var status } => status.ToString().ToLowerInvariant(),
    };

    public string Elapsed => Texts.Duration(time.GetElapsedTime(_start));

    /// <summary>Step, rate and remaining time, as far as they are known.</summary>
    public string Pace
    {
        get
        {
            var parts = new List<string>();
            if (Snapshot.Steps > 0)
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"step {Snapshot.Step:N0} of {Snapshot.Steps:N0}"));
            }
            if (Snapshot.StepsPerSecond > 0)
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{Snapshot.StepsPerSecond:0.0} steps/s"));
                parts.Add($"{Texts.Duration(TimeSpan.FromSeconds((Snapshot.Steps - Snapshot.Step) / Snapshot.StepsPerSecond))} left");
            }
            return string.Join("  ", parts);
        }
    }

    /// <summary>Losses, target and Fréchet distance, as far as they are known.</summary>
    public string Figures
    {
        get
        {
            var parts = _losses.Select(l => $"{l.Key} {Texts.Number(l.Value)}").ToList();
            if (Snapshot.TargetIndex >= 0)
            {
                parts.Add(Target);
            }
            if (_fid is { } fid)
            {
                parts.Add($"FID {Texts.Number(fid)}" + (_best < fid ? $" (best {Texts.Number(_best.Value)})" : ""));
            }
            return string.Join("  ", parts);
        }
    }

    private string Target => Snapshot.TargetIndex == 0 ? "target: the teacher"
        : string.Create(CultureInfo.InvariantCulture, $"target: node {Snapshot.TargetIndex}")
            + (Nodes > 0 ? string.Create(CultureInfo.InvariantCulture, $" of {Nodes - 1}") : "");
}
