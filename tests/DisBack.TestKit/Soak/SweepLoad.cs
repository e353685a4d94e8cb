using DisBack.Contracts.Grains;
using DisBack.Storage;
using DisBack.TestKit.Silos;

namespace DisBack.TestKit.Soak;

/// <summary>Sweeps, one after another: the same one under other names, of which the first begins with the faults.</summary>
/// <param name="sweep">The sweep.</param>
internal sealed class SweepLoad(TinySweep sweep) : ISoakLoad
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the trials of a sweep may take that were not begun when the faults ended, and how long the others.</summary>
    private static readonly (TimeSpan Each, TimeSpan AtLeast) s_settling = (TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(4));

    private SweepOutcome? _expected;

    /// <summary>The sweeps that have settled, in their order.</summary>
    public List<SweepOutcome> Outcomes { get; } = [];

    /// <summary>Trials of the current sweep that have settled.</summary>
    public int Settled { get; private set; }

    /// <inheritdoc/>
    public async Task PrepareAsync() => _expected = await FaultFreeRun.SweepAsync(sweep);

    /// <inheritdoc/>
    public async Task FeedAsync(TestCluster cluster, Action<string> report, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var name = $"sweep-{Outcomes.Count}";
            try
            {
                using var limit = new CancellationTokenSource();
                await using var bound = over.Register(() => limit.CancelAfter(s_settling.AtLeast + sweep.Trials * s_settling.Each));
                var outcome = await RunAsync(cluster, sweep.Submission(name, cluster.Teacher), limit.Token);
                Outcomes.Add(outcome);
                foreach (var (was, without) in outcome.Trials.Zip(_expected!.Trials).Where(pair => pair.First != pair.Second))
                {
                    report($"{name}: {was}\n    without faults: {without}");
                }
                if (outcome.Trials.Count != _expected.Trials.Count)
                {
                    report($"{name} has {outcome.Trials.Count - 1} trials, without faults {_expected.Trials.Count - 1}");
                }
                if (outcome.MostUnderWay > sweep.MaxConcurrent)
                {
                    report($"{name} had {outcome.MostUnderWay} trials under way at a time, and at most {sweep.MaxConcurrent} are allowed");
                }
            }
            catch (Exception e)
            {
                report($"{name}: {e.Message} {Settled} of its trials have settled.");
            }
        }
    }

    private async Task<SweepOutcome> RunAsync(TestCluster cluster, SweepSubmission submission, CancellationToken limit)
    {
        // Nobody submits it again once it was taken: it goes on by itself.
        var id = await cluster.SubmitSweepAsync(submission, limit);
        while (true)
        {
            try
            {
                (Settled, var outcome) = await SweepOutcome.FindAsync(cluster.Blobs, id);
                if (outcome is not null)
                {
                    return outcome;
                }
            }
            catch (StorageException)
            {
                // A fault has just stopped the store.
            }
            await Task.Delay(s_pause, limit);
        }
    }
}
