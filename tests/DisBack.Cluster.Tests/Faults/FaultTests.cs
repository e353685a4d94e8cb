using System.Collections.Concurrent;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.TestKit.History;
using DisBack.TestKit.Networks;
using DisBack.TestKit.Processes;
using DisBack.TestKit.Silos;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>
/// A cluster with faults in it, and what must come of every trial all the same: the student of a run without faults, and a history without contradictions.
/// </summary>
/// <param name="options">The cluster.</param>
/// <param name="hosts">Whether every silo is on a host of its own, that can be cut off and has its own disks.</param>
public abstract class FaultTests(TestClusterOptions options, bool hosts = false) : IAsyncLifetime
{
    private static readonly ConcurrentDictionary<string, Task<string>> s_expected = new();

    private Network? _network;

    protected TestCluster Cluster { get; private set; } = null!;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (hosts)
        {
            if (await Network.WhyNotAsync() is { } reason)
            {
                Assert.Skip(reason);
            }
            _network = await Network.StartAsync();
        }
        Cluster = await TestCluster.StartAsync(options with { Network = _network });
    }

    public async ValueTask DisposeAsync()
    {
        if (Cluster is not null)
        {
            await Cluster.DisposeAsync();
        }
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>Submits a trial and waits until it trains.</summary>
    /// <param name="steps">Steps of stage 2: as many as it takes for the fault to come in between.</param>
    protected async Task<(ITrialGrain Trial, SiloProcess Worker)> TrainAsync(int steps)
    {
        var trial = await Cluster.SubmitAsync(Spec(Cluster.Teacher, steps) with { Name = "fault" }, Cancellation);
        return (trial, await Cluster.TrainingAsync(trial));
    }

    /// <summary>Waits for an attempt to go on, or one after it: the pool may give an attempt to a worker that has just died.</summary>
    protected Task<HistoryRecord> ResumedAsync(ITrialGrain trial, int attempt) =>
        Cluster.HistoryAsync(record => record.Event == HistoryEvent.Resumed && record.Run == TestCluster.NameOf(trial) && record.Attempt >= attempt);

    /// <summary>The newest committed checkpoint of a trial before a beginning of an attempt.</summary>
    protected HistoryRecord HeadBefore(ITrialGrain trial, int attempt) =>
        Cluster.History.Records
            .Last(record => record.Event == HistoryEvent.CheckpointCommitted && record.Run == TestCluster.NameOf(trial) && record.Attempt < attempt);

    /// <summary>Waits for the trial's end and compares.</summary>
    protected async Task<RunRecord> EndsAsIfNothingHadHappenedAsync(ITrialGrain trial, int steps, IReadOnlySet<string>? damaged = null)
    {
        await TestCluster.CompletedAsync(trial);
        Assert.Equal(await ExpectedAsync(steps), await Cluster.StudentAsync(trial));
        Assert.Empty(await Cluster.ViolationsAsync(damaged));
        return (await Cluster.Documents.ReadAsync<TrialDocument>(DocumentNames.Trial, trial.GetPrimaryKeyString(), DocumentNames.Trial, Cancellation))!.Run;
    }

    /// <summary>Freezes the worker that trains until it has been replaced, and for at least some time, then thaws it.</summary>
    protected async Task FreezeAsync(int steps, TimeSpan least)
    {
        var (trial, zombie) = await TrainAsync(steps);

        zombie.Send(Signal.Stop);
        var enough = Task.Delay(least, Cancellation);
        var replaced = await ResumedAsync(trial, attempt: 2);
        await enough;
        var before = Cluster.History.Records.Count;
        Assert.DoesNotContain(Cluster.History.Records, record => record.Event == HistoryEvent.Completed && record.Run == TestCluster.NameOf(trial));
        zombie.Send(Signal.Continue);

        // It learns of its end from the owner, or from the membership table, and that ends its process.
        var fenced = Cluster.HistoryAsync(record => record.Event == HistoryEvent.Fenced && record.Silo == zombie.Name && record.Attempt == 1, after: before);
        await await Task.WhenAny(fenced, zombie.Exit);
        Assert.NotEqual(zombie.Name, replaced.Silo);
        await EndsAsIfNothingHadHappenedAsync(trial, steps);
        if (zombie.IsRunning)
        {
            Assert.Equal(0, Metrics.Sum(await zombie.MetricsAsync(), "disback_slots_used"));
        }
        Assert.DoesNotContain(
            Cluster.History.Records.Skip(before),
            record => record is { Event: HistoryEvent.CheckpointCommitted or HistoryEvent.CheckpointAcknowledged, Attempt: 1 }
                && record.Run == TestCluster.NameOf(trial));
    }

    /// <summary>The experiment of the trial, but for its name.</summary>
    protected virtual ExperimentSpec Spec(ContentRef teacher, int steps) => TinyExperiment.Spec("expected", teacher, backtracking: steps);

    private Task<string> ExpectedAsync(int steps) => s_expected.GetOrAdd(SpecJson.Canonical(Spec(Cluster.Teacher, steps)), async _ =>
        (await FaultFreeRun.StudentsAsync(teacher => [Spec(teacher, steps)], slots: 1))[0]);
}
