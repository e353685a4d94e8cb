using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Runs;
using DisBack.Storage.Content;
using DisBack.Storage.Metrics;
using DisBack.Telemetry;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>Turns what a run reports into metrics, stored files and signals to the owner. Called on the training thread.</summary>
internal sealed class JobListener(
    JobUploader uploader, JobProgress progress, MetricWriter metrics, CheckpointPace pace, Activity? span, TimeProvider time, JobLog log)
    : ITrainingListener, IDisposable
{
    private readonly StagingBuffers _checkpoint = new();
    private readonly Dictionary<string, StagingBuffers> _milestones = [];
    private long? _evaluating;

    public bool WantsCheckpoint => pace.IsDue;

    public void Measured(IReadOnlyList<Measurement> measurements)
    {
        // A curve may hold infinities; documents and gauges may not.
        var finite = measurements.Where(point => double.IsFinite(point.Value)).ToList();
        var now = time.GetUtcNow();
        foreach (var point in measurements)
        {
            metrics.Add(new MetricPoint(point.Step, point.Name, point.Value, now));
        }
        if (metrics.IsFull)
        {
            uploader.Write(metrics.FlushAsync);
        }
        foreach (var point in finite)
        {
            Instruments.Losses.Record(point.Value, new KeyValuePair<string, object?>("loss", point.Name));
        }
        progress.Measured(finite);
        if (_evaluating is { } began && measurements.Count > 0)
        {
            _evaluating = null;
            var values = string.Join(", ", measurements.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.Name} {point.Value:G6}")));
            log.Info($"Evaluated in {LogTexts.Seconds(time.GetElapsedTime(began))}: {values}.", measurements[0].Step);
        }
    }

    public void Reached(Milestone milestone)
    {
        var node = RecordedNode.Of(milestone);
        // Node 0 is the exact teacher: the owner already names its own file.
        if (node?.Index == 0)
        {
            return;
        }
        var change = TargetSwitch.Of(milestone);
        if (change is not null)
        {
            SwitchTarget(change);
        }
        var reached = new MilestoneRecord(milestone.Kind, milestone.Step, milestone.Payload?.ToJsonString() ?? "");
        var text = node is not null ? $"Node {node.Index}." : change is not null ? $"Target {change.From} -> {change.To}." : reached.Describe();
        // Kept with the curves, too, where it stays after the owner's document has dropped the event.
        metrics.Add(new MetricEvent(
            milestone.Step, milestone.Kind, text, time.GetUtcNow(), milestone.Payload is { } payload ? JsonSerializer.SerializeToElement(payload) : null));
        if (milestone.Content is not { } made)
        {
            uploader.Report(new RunSignal.MilestoneReached(reached));
            return;
        }
        var buffers = BuffersFor(milestone.Kind);
        var staged = Stage(buffers, milestone.Kind, made.Tensors);
        staged.Wait();
        uploader.Store(staged, made.Metadata, buffers.Release, content => new RunSignal.MilestoneReached(reached with { Content = content }));
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
        uploader.Then(() => log.Info($"'{name}' is stored ({LogTexts.Bytes(content.Length)}).", step));
    }

    public IDisposable Evaluating()
    {
        _evaluating = time.GetTimestamp();
        return new EvaluationSpan(AttemptSpans.StartWork("evaluate", span?.Context ?? default), time);
    }

    public Action CheckpointDue(long step, RunState state)
    {
        // Nothing has been learnt yet, and a fresh start does more than a resume at the first step would.
        if (step == 0)
        {
            return () => { };
        }
        var started = pace.Taken();
        var staged = Stage(_checkpoint, "checkpoint", state.Tensors);
        TimeSpan? stalled = time.GetElapsedTime(started);
        var stall = stalled.Value.Ticks;
        var (target, rate) = (progress.Target, progress.Snapshot.StepsPerSecond);
        if (step == progress.Snapshot.Steps)
        {
            log.Info($"All {step} steps are made.", step);
        }
        uploader.Write(metrics.FlushMeasurementsAsync);
        uploader.Store(staged, new Dictionary<string, string> { [RunState.ProgressKey] = state.Progress }, _checkpoint.Release, Stored, Committed);
        return UntilCopied;

        RunSignal Stored(ContentRef content)
        {
            Instruments.CheckpointSeconds.Record(time.GetElapsedTime(started).TotalSeconds);
            Instruments.CheckpointBytes.Record(content.Length);
            var stored = new RunSignal.CheckpointStored(new CheckpointRef(content, step, target));
            _ = stored.Answer.ContinueWith(_ => pace.Stored(started), TaskScheduler.Default);
            return stored;
        }

        void Committed(ContentRef content)
        {
            var held = LogTexts.Seconds(TimeSpan.FromTicks(Volatile.Read(ref stall)));
            var perSecond = rate > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {rate:0.##} steps a second") : "";
            log.Info(
                $"The checkpoint of step {step} ({LogTexts.Bytes(content.Length)}) is durable after {LogTexts.Seconds(time.GetElapsedTime(started))}, and has "
                    + $"held training up for {held}{perSecond}.",
                step);
        }

        void UntilCopied()
        {
            var waited = time.GetTimestamp();
            staged.Wait();
            if (stalled is { } before)
            {
                var all = before + time.GetElapsedTime(waited);
                Volatile.Write(ref stall, all.Ticks);
                Instruments.CheckpointStall.Record(all.TotalSeconds);
                stalled = null;
            }
        }
    }

    /// <summary>
    /// Copies what the next step will change; waits for the one before it to be written, so that a slow disk slows training instead of filling memory.
    /// </summary>
    private StagedState Stage(StagingBuffers buffers, string product, IReadOnlyList<(string Name, Tensor Value)> live)
    {
        using var work = AttemptSpans.StartWork("stage", span?.Context ?? default, product);
        return buffers.Copy(live, uploader.Halted);
    }

    private void SwitchTarget(TargetSwitch change)
    {
        progress.Target = change.To;
        Instruments.Switches.Add(1);
        span?.AddEvent(
            new("target switch", time.GetUtcNow(), new() { ["disback.step"] = change.Step, ["disback.from"] = change.From, ["disback.to"] = change.To }));
    }

    private StagingBuffers BuffersFor(string kind) => _milestones.TryGetValue(kind, out var buffers) ? buffers : _milestones[kind] = new StagingBuffers();

    /// <summary>Frees the staging memory, which the uploader must not need any more.</summary>
    public void Dispose()
    {
        _checkpoint.Dispose();
        foreach (var buffers in _milestones.Values)
        {
            buffers.Dispose();
        }
    }
}
