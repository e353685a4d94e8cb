using System.Collections.Concurrent;
using DisBack.Specs.Experiments;
using DisBack.TestKit.Silos;

namespace DisBack.TestKit.Soak;

/// <summary>Single trials, one after another in each of some lanes.</summary>
/// <param name="lanes">How many lanes.</param>
internal sealed class TrialLoad(int lanes) : ISoakLoad
{
    private const int Seeds = 12;

    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(4);

    private readonly ConcurrentDictionary<(string Run, int Attempt), long> _reached = new();
    private IReadOnlyList<string> _expected = [];
    private int _submitted;
    private int _completed;

    /// <summary>How many were begun.</summary>
    public int Submitted => _submitted;

    /// <summary>How many are complete.</summary>
    public int Completed => _completed;

    /// <summary>Steps that those have made which are complete.</summary>
    public long Steps => (long)_completed * Spec("any", new ContentRef("any", 0), 0).Backtracking.Steps;

    /// <summary>How far an attempt has come, as far as heartbeats reported.</summary>
    public long Reached(string run, int attempt) => _reached.GetValueOrDefault((run, attempt));

    /// <inheritdoc/>
    public async Task PrepareAsync() => _expected = lanes == 0
        ? []
        : await FaultFreeRun.StudentsAsync(teacher => Enumerable.Range(0, Seeds).Select(number => Spec("expected", teacher, number)));

    /// <inheritdoc/>
    public Task FeedAsync(TestCluster cluster, Action<string> report, CancellationToken over) =>
        Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => Task.Run(() => FeedLaneAsync(cluster, report, over), CancellationToken.None)));

    private static ExperimentSpec Spec(string name, ContentRef teacher, int number) => TinyExperiment.Spec(name, teacher, seed: number % Seeds);

    private async Task FeedLaneAsync(TestCluster cluster, Action<string> report, CancellationToken over)
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
                if (student != _expected[number % Seeds])
                {
                    report($"{name}: its student is {student}, without faults it is {_expected[number % Seeds]}");
                }
                Interlocked.Increment(ref _completed);
            }
            catch (Exception e)
            {
                report($"trial {number}: {e.Message}");
            }
        }
    }
}
