using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using DisBack.Contracts.Hosting;
using DisBack.Specs.Experiments;
using DisBack.TestKit.History;
using DisBack.TestKit.Networks;
using DisBack.TestKit.Silos;

namespace DisBack.TestKit.Soak;

/// <summary>
/// Trials keep coming while faults of all kinds hit the cluster, one over the other. Afterwards everything heals, every trial must complete with the
/// student of the run without faults, and the history of all silos must not contradict itself.
/// </summary>
public sealed class FaultSoak
{
    private const int Lanes = 4;
    private const int Seeds = 12;

    /// <summary>How a silo may end: as asked, to be started again, because Orleans was told that it is dead, killed, or asked before it could listen.</summary>
    private static readonly int[] s_exits = [0, 75, 134, 137, 143];

    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(4);

    private readonly int _seed;
    private readonly Action<string> _say;
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly ConcurrentDictionary<FaultKind, int> _faults = new();
    private readonly ConcurrentDictionary<(string Run, int Attempt), long> _reached = new();
    private int _submitted;
    private int _completed;

    private FaultSoak(int seed, Action<string> say) => (_seed, _say) = (seed, say);

    /// <param name="seed">Decides the schedule.</param>
    /// <param name="count">How many faults.</param>
    /// <param name="say">Told what happens, a line each.</param>
    /// <param name="from">The first fault that is injected.</param>
    /// <param name="membership">Who keeps the membership; null is what <see cref="TestClusterOptions.Membership"/> says.</param>
    public static async Task<SoakReport> RunAsync(int seed, int count, Action<string> say, int from = 0, MembershipKind? membership = null)
    {
        var started = Stopwatch.GetTimestamp();
        say("The students of the run without faults...");
        var expected = await FaultFreeRun.StudentsAsync(teacher => Enumerable.Range(0, Seeds).Select(number => Spec("expected", teacher, number)));
        say(FormattableString.Invariant($"... took {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s."));

        var noNetwork = await Network.WhyNotAsync();
        await using var network = noNetwork is null ? await Network.StartAsync() : null;
        var options = new TestClusterOptions { Controls = 2, Workers = 3, Slots = 2, Network = network, ScratchMebibytes = network is null ? null : 32 };
        options = options with { Membership = membership ?? options.Membership };
        await using var cluster = await TestCluster.StartAsync(options);
        var schedule = FaultSchedule.Create(seed, count).Skip(from);
        var report = await new FaultSoak(seed, say).RunAsync(cluster, [.. schedule], expected, started);
        return report with { NoNetwork = noNetwork, Membership = options.Membership };
    }

    private static ExperimentSpec Spec(string name, ContentRef teacher, int number) => TinyExperiment.Spec(name, teacher, seed: number % Seeds);

    private async Task<SoakReport> RunAsync(TestCluster cluster, IReadOnlyList<Fault> schedule, IReadOnlyList<string> expected, long started)
    {
        await using var injector = new FaultInjector(cluster);
        using var over = new CancellationTokenSource();
        var lanes = Enumerable.Range(0, Lanes).Select(_ => Task.Run(() => FeedAsync(cluster, expected, over.Token))).ToArray();
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
            $"All faults are over after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s; {_completed} of {_submitted} trials are complete."));
        await Task.WhenAll(lanes);

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
            Seed = _seed,
            Scheduled = schedule.CountBy(fault => fault.Kind).ToDictionary(),
            Faults = _faults,
            Exits = injector.Exits,
            Trials = _completed,
            Attempts = history.Where(record => record.Event == HistoryEvent.AttemptBegan).DistinctBy(record => (record.Run, record.Attempt)).Count(),
            Checkpoints = history.Count(record => record.Event == HistoryEvent.CheckpointCommitted),
            StepsRepeated = history
                .Where(record => record is { Event: HistoryEvent.Resumed, Attempt: > 1 })
                .Sum(record => Math.Max(0, _reached.GetValueOrDefault((record.Run, record.Attempt - 1)) - record.Step)),
            Steps = (long)_completed * Spec("any", cluster.Teacher, 0).Backtracking.Steps,
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

    /// <summary>One trial after the other, until the faults are over and the last one is complete.</summary>
    private async Task FeedAsync(TestCluster cluster, IReadOnlyList<string> expected, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _submitted) - 1;
            try
            {
                // While faults go on a trial takes as long as it takes; afterwards it has a bound.
                using var limit = new CancellationTokenSource();
                await using var bound = over.Register(() => limit.CancelAfter(s_settling));
                var trial = await cluster.SubmitUntilAsync(Spec($"soak-{number}", cluster.Teacher, number), limit.Token);
                var name = TestCluster.NameOf(trial);
                await TestCluster.CompletedAsync(
                    trial,
                    limit.Token,
                    update => _reached.AddOrUpdate((name, update.Attempt), update.Progress.Step, (_, before) => Math.Max(before, update.Progress.Step)));
                var student = await cluster.StudentAsync(trial);
                if (student != expected[number % Seeds])
                {
                    _failures.Enqueue($"{name}: its student is {student}, without faults it is {expected[number % Seeds]}");
                }
                Interlocked.Increment(ref _completed);
            }
            catch (Exception e)
            {
                _failures.Enqueue($"trial {number}: {e.Message}");
            }
        }
    }
}
