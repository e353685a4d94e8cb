using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.TestKit.History;
using DisBack.TestKit.Silos;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>The process that trains dies, hangs, comes back from the dead, or is asked to go.</summary>
public sealed class WorkerFaultTests() : FaultTests(new())
{
    /// <summary>What the settings of these clusters grant: <c>Training:Drain</c>, and the host's own farewell.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.Parse(TestClusterOptions.Quick["Training:Drain"], CultureInfo.InvariantCulture)
        + TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_killed_worker_is_replaced_by_another_that_goes_on_from_the_head_checkpoint()
    {
        var (trial, worker) = await TrainAsync(300);

        await worker.KillAsync();
        var resumed = await ResumedAsync(trial, attempt: 2);

        Assert.NotEqual(worker.Name, resumed.Silo);
        // Not the probes: the silos that were connected with it found that its endpoint refuses them.
        Assert.Contains(Cluster.Silos.SelectMany(silo => silo.Lines), line => line.Contains("its endpoint refuses connections", StringComparison.Ordinal));
        Assert.Equal(HeadBefore(trial, attempt: 2).Step, resumed.Step);
        var run = await EndsAsIfNothingHadHappenedAsync(trial, 300);
        Assert.Equal(FailureCause.Lost, run.Attempts[0].Cause);
        await ShownAsync();
    }

    [Fact, Trait("Length", "Long")]
    public Task A_frozen_worker_is_replaced_and_when_it_thaws_nothing_it_says_counts() => FreezeAsync(steps: 300, TimeSpan.Zero);

    [Fact]
    public async Task A_worker_that_is_asked_to_go_leaves_a_checkpoint_behind_and_no_alarm()
    {
        var (trial, worker) = await TrainAsync(300);

        Assert.Equal(0, await worker.TerminateAsync().WaitAsync(s_grace, Cancellation));
        var resumed = await ResumedAsync(trial, attempt: 2);

        // The checkpoint is of the step at which it stopped, so that none is made twice.
        var ended = Cluster.History.Records.Single(record => record.Event == HistoryEvent.AttemptEnded && record.Run == resumed.Run);
        Assert.Equal((1, ended.Step), (ended.Attempt, resumed.Step));
        Assert.Equal(HeadBefore(trial, attempt: 2).Step, resumed.Step);
        Assert.All(Cluster.Silos, silo => Assert.Empty(silo.Alarms));
        var run = await EndsAsIfNothingHadHappenedAsync(trial, 300);
        Assert.Equal(FailureCause.Stopped, run.Attempts[0].Cause);
        Assert.Equal(0, run.Failures);
    }

    /// <summary>What a dashboard needs of a run that was interrupted, in the metrics of the silos that are left.</summary>
    private async Task ShownAsync()
    {
        var metrics = (await Task.WhenAll(Cluster.Silos.Where(silo => silo.IsRunning).Select(silo => silo.MetricsAsync()))).SelectMany(Metrics.Parse).ToList();
        var ours = metrics.Where(metric => metric.Name.StartsWith("disback_", StringComparison.Ordinal)).ToList();

        Assert.Equal(1, Sum("disback_run_interruptions_total", ("kind", "backtracking"), ("cause", "lost")));
        Assert.True(Sum("disback_training_steps_total", ("kind", "backtracking")) > 0);
        Assert.True(Sum("disback_training_step_duration_seconds_count", ("kind", "backtracking")) > 0);
        Assert.True(Sum("disback_training_switches_total") > 0);
        Assert.True(Sum("disback_checkpoint_size_bytes_count") > 0);
        Assert.True(Sum("disback_checkpoint_stall_seconds_count") > 0);
        Assert.True(Sum("disback_checkpoint_duration_seconds_count") > 0);
        Assert.True(Sum("disback_evaluation_duration_seconds_count") > 0);
        Assert.Equal(2, Sum("disback_run_attempts_total", ("kind", "backtracking")));
        Assert.Equal(2, Sum("disback_slots_wait_seconds_count", ("kind", "backtracking")));
        Assert.Equal(1, Sum("disback_run_settled_total", ("kind", "backtracking"), ("status", "completed")));
        Assert.True(Sum("disback_storage_request_duration_seconds_count", ("outcome", "ok")) > 0);
        Assert.True(Sum("disback_disk_free_bytes", ("use", "scratch")) > 0);
        Assert.True(Sum("disback_storage_cache_size_bytes") > 0);
        Assert.True(Sum("disback_storage_cache_misses_total") > 0);
        Assert.Contains(ours, metric => metric.Name == "disback_training_loss" && metric.Labels["loss"] == "loss/fake");
        Assert.Equal((1, 0, 0), (Sum("disback_slots_total"), Sum("disback_slots_used"), Sum("disback_slots_queue")));
        Assert.Contains(metrics, metric => metric.Name.StartsWith("orleans_", StringComparison.Ordinal));
        // Labels of ours are of a few values: never a run, a grain or a digest.
        Assert.Empty(ours.SelectMany(metric => metric.Labels.Keys)
            .Except(["kind", "cause", "loss", "call", "status", "use", "method", "outcome", "device", "le"])
            .Except(["otel_scope_name", "otel_scope_version", "otel_scope_schema_url"]));
        Assert.DoesNotContain(ours.SelectMany(metric => metric.Labels.Values), value => value.Contains("fault", StringComparison.Ordinal) || value.Length > 40);

        double Sum(string name, params (string Label, string Value)[] labels) => Metrics.Sum(ours, name, labels);
    }
}
