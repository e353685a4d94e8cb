using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using DisBack.TestKit.History;
using DisBack.TestKit.Networks;
using DisBack.TestKit.Silos;

namespace DisBack.TestKit.Soak;

/// <summary>
/// Trials and sweeps keep coming while faults of all kinds hit the cluster, one over the other. Afterwards everything heals, every trial must complete with
/// the student of the run without faults, every sweep with the trials of the sweep without faults, and the history of all silos must not contradict itself.
/// </summary>
public sealed class FaultSoak
{
    /// <summary>How a silo may end: as asked, to be started again, because Orleans was told that it is dead, killed, or asked before it could listen.</summary>
    private static readonly int[] s_exits = [0, 75, 134, 137, 143];

    private readonly SoakOptions _options;
    private readonly Action<string> _say;
    private readonly TrialLoad _trials;
    private readonly SweepLoad? _sweeps;
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly ConcurrentDictionary<FaultKind, int> _faults = new();
    private int _hitInFirstSweep;

    private FaultSoak(SoakOptions options, Action<string> say)
    {
        (_options, _say) = (options, say);
        _trials = new TrialLoad(options.Lanes);
        _sweeps = options.SweepTrials > 0 ? new SweepLoad(new TinySweep(options.SweepTrials, options.MaxConcurrent, options.SweepSteps)) : null;
    }

    private IEnumerable<ISoakLoad> Loads => _sweeps is null ? [_trials] : [_trials, _sweeps];

    /// <param name="options">What is done.</param>
    /// <param name="say">Told what happens, a line each.</param>
    public static async Task<SoakReport> RunAsync(SoakOptions options, Action<string> say)
    {
        var started = Stopwatch.GetTimestamp();
        var soak = new FaultSoak(options, say);
        say("What comes of it without faults...");
        foreach (var load in soak.Loads)
        {
            await load.PrepareAsync();
        }
        say(FormattableString.Invariant($"... took {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s."));

        var noNetwork = await Network.WhyNotAsync();
        await using var network = noNetwork is null ? await Network.StartAsync() : null;
        var whole = new TestClusterOptions { Controls = 2, Workers = 3, Slots = 2, Network = network, ScratchMebibytes = network is null ? null : 32 };
        whole = whole with { Membership = options.Membership ?? whole.Membership };
        await using var cluster = await TestCluster.StartAsync(whole);
        var report = await soak.RunAsync(cluster, started);
        return report with { NoNetwork = noNetwork, Membership = whole.Membership };
    }

    private async Task<SoakReport> RunAsync(TestCluster cluster, long started)
    {
        var schedule = FaultSchedule.Create(_options.Seed, _options.Count).Skip(_options.From).ToList();
        await using var injector = new FaultInjector(cluster);
        using var over = new CancellationTokenSource();
        var work = Loads.Select(load => Task.Run(() => load.FeedAsync(cluster, _failures.Enqueue, over.Token))).ToArray();
        var faults = new List<Task>();
        foreach (var fault in schedule)
        {
            faults.Add(InjectAsync(injector, fault));
            await Task.Delay(fault.Pause);
        }
        await Task.WhenAll(faults);
        await over.CancelAsync();
        _say(string.Create(
            CultureInfo.InvariantCulture,
            $"All faults are over after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s; "
                + $"{_trials.Completed} of {_trials.Submitted} trials are complete."));
        if (_sweeps is not null)
        {
            _say($"{_sweeps.Outcomes.Count} sweeps have settled, and {_sweeps.Settled} of {_options.SweepTrials} trials of the one under way.");
        }
        await Task.WhenAll(work);

        foreach (var violation in await cluster.ViolationsAsync(injector.Damaged))
        {
            _failures.Enqueue($"{violation}");
        }
        foreach (var code in injector.Exits.Keys.Except(s_exits))
        {
            _failures.Enqueue($"A silo ended with exit code {code}.");
        }
        var history = cluster.History.Records;
        return new()
        {
            Seed = _options.Seed,
            Scheduled = schedule.CountBy(fault => fault.Kind).ToDictionary(),
            Faults = _faults,
            Exits = injector.Exits,
            Trials = _trials.Completed,
            Sweeps = _sweeps?.Outcomes ?? [],
            FaultsInFirstSweep = _hitInFirstSweep,
            Attempts = history.Where(record => record.Event == HistoryEvent.AttemptBegan).DistinctBy(record => (record.Run, record.Attempt)).Count(),
            Checkpoints = history.Count(record => record.Event == HistoryEvent.CheckpointCommitted),
            StepsRepeated = history
                .Where(record => record is { Event: HistoryEvent.Resumed, Attempt: > 1 })
                .Sum(record => Math.Max(0, _trials.Reached(record.Run, record.Attempt - 1) - record.Step)),
            Steps = _trials.Steps,
            Failures = [.. _failures],
            Duration = Stopwatch.GetElapsedTime(started),
        };
    }

    private async Task InjectAsync(FaultInjector injector, Fault fault)
    {
        try
        {
            if (await injector.InjectAsync(fault) is { } hit)
            {
                _faults.AddOrUpdate(fault.Kind, 1, (_, seen) => seen + 1);
                if (_sweeps?.Outcomes.Count == 0)
                {
                    Interlocked.Increment(ref _hitInFirstSweep);
                }
                _say($"{fault}: {hit}");
            }
            else
            {
                _say($"{fault}: nothing to hit");
            }
        }
        catch (Exception e)
        {
            _failures.Enqueue($"{fault} failed: {e.Message}");
        }
    }
}
