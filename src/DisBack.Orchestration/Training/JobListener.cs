using System.Diagnostics;
using DisBack.Contracts.Documents;
using DisBack.Distillation.Runs;
using DisBack.Storage.Content;
using DisBack.Storage.Metrics;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>Turns what a run says into metrics, stored files and signals to the owner. Called on the training thread.</summary>
internal sealed class JobListener(JobUploader uploader, JobProgress progress, MetricWriter metrics, Activity? span, TimeProvider time) : ITrainingListener, IDisposable
{
    private readonly StagingBuffers _checkpoint = new();
    private readonly StagingBuffers _node = new();

    public void Measured(IReadOnlyList<Measurement> measurements)
    {
        // A curve may hold infinities; documents and gauges may not.
        var finite = measurements.Where(point => double.IsFinite(point.Value)).ToList();
        var now = time.GetUtcNow();
        foreach (var point in measurements) metrics.Add(new MetricPoint(point.Step, point.Name, point.Value, now));
        if (metrics.IsFull) uploader.Write(metrics.FlushAsync);
        foreach (var point in finite) Telemetry.Losses.Record(point.Value, new KeyValuePair<string, object?>("loss", point.Name));
        progress.Measured(finite);
    }

    public void NodeRecorded(RecordedNode node)
    {
        // Node 0 is the exact teacher: the owner already names its own file.
        if (node.Index == 0) return;
        Happened(node.Step, RunEventKind.Node, $"Node {node.Index}.");
        uploader.Store(
            Stage(_node, "node", node.Tensors),
            node.Metadata,
            _node.Release,
            content => new RunSignal.NodeStored(new NodeRef(node.Index, node.Step, content, double.IsFinite(node.Loss) ? node.Loss : null)));
    }

    public void TargetSwitched(TargetSwitch change)
    {
        progress.Target = change.To;
        Telemetry.Switches.Add(1);
        span?.AddEvent(new("target switch", time.GetUtcNow(), new() { ["disback.step"] = change.Step, ["disback.from"] = change.From, ["disback.to"] = change.To }));
        Happened(change.Step, RunEventKind.Switch, $"Target {change.From} -> {change.To}.");
        uploader.Tell(new RunSignal.TargetSwitched(new SwitchRecord(change.Step, change.From, change.To, double.IsFinite(change.Gap) ? change.Gap : null)));
    }

    public void ArtifactMade(string name, Action<Stream> write)
    {
        // Written now, because what it is made from changes with the next step; artifacts are small or final.
        var path = uploader.NewPath();
        using var file = new HashingFileStream(path);
        write(file);
        var content = file.Commit();
        var step = progress.Snapshot.Step;
        uploader.Store(path, content, new RunSignal.ArtifactStored(new ArtifactRef(name, content, step)));
    }

    public void CheckpointDue(long step, RunState state)
    {
        // Nothing has been learnt yet, and a fresh start does more than a resume at the first step would.
        if (step == 0) return;
        var started = time.GetTimestamp();
        var copies = Stage(_checkpoint, "checkpoint", state.Tensors);
        Telemetry.CheckpointStall.Record(time.GetElapsedTime(started).TotalSeconds);
        var target = progress.Target;
        uploader.Write(metrics.FlushAsync);
        uploader.Store(copies, new Dictionary<string, string> { [TrainingJob.ProgressKey] = state.Progress }, _checkpoint.Release, content =>
        {
            Telemetry.CheckpointSeconds.Record(time.GetElapsedTime(started).TotalSeconds);
            Telemetry.CheckpointBytes.Record(content.Length);
            return new RunSignal.CheckpointStored(new CheckpointRef(content, step, target));
        });
    }

    /// <summary>Copies what the next step will change; waits for the one before it to be written, so that a slow disk slows training instead of filling memory.</summary>
    private IReadOnlyList<(string Name, Tensor Value)> Stage(StagingBuffers buffers, string product, IReadOnlyList<(string Name, Tensor Value)> live)
    {
        using var work = Telemetry.StartWork("stage", span?.Context ?? default, product);
        return buffers.Copy(live, uploader.Halted);
    }

    /// <summary>Keeps an event with the curves, where it stays after the owner's document has dropped it.</summary>
    private void Happened(long step, RunEventKind kind, string text) =>
        metrics.Add(new MetricEvent(step, kind.ToString().ToLowerInvariant(), text, time.GetUtcNow()));

    /// <summary>Frees the staging memory, which the uploader must not need any more.</summary>
    public void Dispose()
    {
        _checkpoint.Dispose();
        _node.Dispose();
    }
}
