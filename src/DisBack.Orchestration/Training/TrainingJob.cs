using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Files;
using DisBack.Distillation.Runs;
using DisBack.Orchestration.Runs;
using DisBack.Storage;
using DisBack.Storage.Blobs;
using DisBack.Storage.Cache;
using DisBack.Storage.Content;
using DisBack.Storage.Metrics;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>One attempt and its thread: makes the run, resumes it, drives it, and turns what it says into durable things and signals.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The thread disposes what it owns when it ends; the tokens are still asked after that.")]
internal sealed class TrainingJob : ITrainingJob, ITrainingInputs, ITrainingListener
{
    private const string ProgressKey = "progress";
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(1);

    private readonly ITrainingFactory _factory;
    private readonly WeightCache _weights;
    private readonly IBlobStore _blobs;
    private readonly TrainingOptions _options;
    private readonly TimeProvider _time;
    private readonly RunHistory _history;
    private readonly string _scratch;
    private readonly Channel<RunSignal> _signals = Channel.CreateUnbounded<RunSignal>();
    private readonly TaskCompletionSource<RunOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly CancellationTokenSource _checkpointAndStop = new();
    private readonly StagingBuffers _checkpoint = new();
    private readonly StagingBuffers _node = new();
    private readonly ActivityContext _startedBy = Activity.Current?.Context ?? default;
    private readonly ITimer _deadMan;
    private readonly JobUploader _uploader;
    private Activity? _span;
    private MetricWriter? _metrics;
    private TrainingSnapshot _snapshot = new() { Stage = "starting" };
    private RunOutcome? _stopped;
    private int _target = -1;

    public TrainingJob(
        TrainingAssignment assignment, Device device, ITrainingFactory factory, IBlobStore blobs, ContentStore contents, WeightCache weights, TrainingOptions options, TimeProvider time,
        RunHistory history)
    {
        (Assignment, Device, _factory, _blobs, _weights, _options, _time, _history) = (assignment, device, factory, blobs, weights, options, time, history);
        Share = SpecFacts.Share(assignment.Spec);
        _scratch = Path.Combine(options.AttemptsFolder, assignment.Run.ToString().Replace('/', '_'));
        _deadMan = time.CreateTimer(
            _ => Abandon(FailureCause.Lost, $"No heartbeat was accepted by the owner for {options.DeadMan.TotalSeconds:0.#} s."), null, options.DeadMan, Timeout.InfiniteTimeSpan);
        _uploader = new JobUploader(contents, time, options.StorageGrace, this, _signals.Writer, _scratch);
    }

    public TrainingAssignment Assignment { get; }

    public Device Device { get; }

    /// <summary>How much of a slot it takes.</summary>
    public double Share { get; }

    public TrainingSnapshot Snapshot => Volatile.Read(ref _snapshot);

    public ChannelReader<RunSignal> Signals => _signals.Reader;

    public Task<RunOutcome> Completion => _completion.Task;

    public ActivityContext Trace => _span?.Context ?? default;

    public CancellationToken Abandoned => _abandoned.Token;

    /// <summary>Starts the thread, without the caller's ambient state: no grain context, no activity.</summary>
    /// <param name="exited">Called by the thread when it uses the device no more, before anyone learns of the outcome.</param>
    public void Start(Action exited)
    {
        var thread = new Thread(() => Main(exited)) { IsBackground = true, Name = $"disback {Assignment.Run}" };
        using var suppressed = ExecutionContext.SuppressFlow();
        thread.UnsafeStart();
    }

    public void RequestStop(StopMode mode, string reason)
    {
        Interlocked.CompareExchange(ref _stopped, new RunOutcome(0, FailureCause.Stopped, reason), null);
        if (mode == StopMode.Now) _abandoned.Cancel();
        else _checkpointAndStop.Cancel();
    }

    public void ExtendDeadline() => _deadMan.Change(_options.DeadMan, Timeout.InfiniteTimeSpan);

    public void Fence() => Abandon(FailureCause.Lost, "Another attempt owns the run.");

    /// <summary>Every time anew: a bit may have flipped since, and what is read here is trained with for hours.</summary>
    public WeightLease Fetch(ContentRef content) => _weights.GetAsync(content, verify: true, Abandoned).GetAwaiter().GetResult();

    public void Prefetch(ContentRef content)
    {
        // A failure shows when the bytes are fetched in earnest.
        _ = _weights.PrefetchAsync(content, Abandoned).ContinueWith(done => done.Exception, TaskScheduler.Default);
    }

    private void Abandon(FailureCause cause, string reason)
    {
        Interlocked.CompareExchange(ref _stopped, new RunOutcome(0, cause, reason), null);
        _abandoned.Cancel();
    }

    private void Main(Action exited)
    {
        _span = Telemetry.StartAttempt(Assignment.Run, _startedBy);
        var outcome = Outcome();
        _deadMan.Dispose();
        _checkpoint.Dispose();
        _node.Dispose();
        _signals.Writer.TryComplete();
        try
        {
            if (Directory.Exists(_scratch)) Directory.Delete(_scratch, recursive: true);
        }
        catch (IOException)
        {
            // Left-overs are swept at the next start; the run's end is not the time to fail over them.
        }
        Telemetry.EndAttempt(_span, Snapshot.Stage, outcome);
        exited();
        _completion.TrySetResult(outcome);
    }

    private RunOutcome Outcome()
    {
        var complete = false;
        Exception? failure = null;
        try
        {
            complete = Train();
        }
        catch (Exception e)
        {
            failure = e;
        }
        try
        {
            // Also after a failure: what was reached before it is still worth keeping. And the uploader must be done with the staging memory.
            if (_metrics is not null) _uploader.Write(_metrics.FlushAsync);
            _uploader.CompleteAsync().GetAwaiter().GetResult();
        }
        catch (Exception upload) when (failure is null or OperationCanceledException)
        {
            // The thread stopped because the uploads did: theirs is the failure to report.
            failure = upload;
        }
        catch (Exception)
        {
            // The first failure is the one to report.
        }
        return failure switch
        {
            null when complete => new RunOutcome(Snapshot.Step),
            null => _stopped! with { Step = Snapshot.Step },
            OperationCanceledException when _abandoned.IsCancellationRequested => _stopped! with { Step = Snapshot.Step },
            _ => new RunOutcome(Snapshot.Step, FailureCauses.Of(failure), FailureCauses.MessageOf(failure)),
        };
    }

    private bool Train()
    {
        using var run = new Paced(_factory.Create(Assignment, this), this);
        _target = Assignment.Run.Kind == RunKind.Backtracking ? Math.Max(Assignment.Nodes.Length - 2, 0) : -1;
        var resumed = Resume(run);
        _span?.SetTag("disback.resumed_step", resumed);
        _metrics = new MetricWriter(_blobs, GrainKeys.Metrics(Assignment.Run.Kind, Assignment.Run.Owner), Assignment.Run.Number, resumed, time: _time);
        run.Publish();
        return TrainingLoop.Drive(run, SpecFacts.Checkpoints(Assignment.Spec), this, _checkpointAndStop.Token);
    }

    /// <summary>Continues from the newest intact checkpoint; a damaged one is passed over and named.</summary>
    /// <returns>The step from which the run goes on.</returns>
    private long Resume(Paced run)
    {
        foreach (var checkpoint in Assignment.Checkpoints)
        {
            Abandoned.ThrowIfCancellationRequested();
            try
            {
                using var weights = Fetch(checkpoint.Content);
                using var file = SafetensorsFile.Open(weights.Path);
                using var scope = NewDisposeScope();
                run.Restore(new RunState([.. file.Entries.Keys.Select(name => (name, file.Read(name)))], file.Metadata[ProgressKey]));
                if (checkpoint.TargetIndex >= 0) _target = checkpoint.TargetIndex;
                _history.Resumed(Assignment.Run, run.Step, checkpoint);
                return run.Step;
            }
            catch (StorageException e) when (e is CorruptContentException or MissingContentException)
            {
                Note(RunEventKind.Warning, checkpoint.Step, $"The checkpoint of step {checkpoint.Step} is not usable, so the one before it is taken: {e.Message}");
            }
        }
        _history.Resumed(Assignment.Run, run.Step, null);
        if (!Assignment.Checkpoints.IsEmpty) Note(RunEventKind.Warning, 0, "No checkpoint is usable, so the run starts afresh.");
        return 0;
    }

    private void Note(RunEventKind kind, long step, string message) => _uploader.Tell(new RunSignal.Noted(kind, step, message));

    void ITrainingListener.Measured(IReadOnlyList<Measurement> measurements)
    {
        // A curve may go through the roof; what goes on into documents and gauges may not.
        var finite = measurements.Where(point => double.IsFinite(point.Value)).ToList();
        var now = _time.GetUtcNow();
        foreach (var point in measurements) _metrics!.Add(new MetricPoint(point.Step, point.Name, point.Value, now));
        if (_metrics!.IsFull) _uploader.Write(_metrics.FlushAsync);
        foreach (var point in finite) Telemetry.Losses.Record(point.Value, new KeyValuePair<string, object?>("loss", point.Name));
        var latest = finite.Select(point => KeyValuePair.Create(point.Name, new MetricValue(point.Value, point.Step))).ToList();
        var best = Snapshot.Best;
        Volatile.Write(ref _snapshot, Snapshot with
        {
            Metrics = Snapshot.Metrics.SetItems(latest),
            Best = best.SetItems(latest.Where(point => MetricNames.LowerIsBetter(point.Key) && (!best.TryGetValue(point.Key, out var lowest) || point.Value.Value < lowest.Value))),
        });
    }

    void ITrainingListener.NodeRecorded(RecordedNode node)
    {
        // Node 0 is the exact teacher: the owner already names its own file.
        if (node.Index == 0) return;
        Happened(node.Step, RunEventKind.Node, $"Node {node.Index}.");
        _uploader.Store(
            Stage(_node, "node", node.Tensors),
            node.Metadata,
            _node.Release,
            content => new RunSignal.NodeStored(new NodeRef(node.Index, node.Step, content, double.IsFinite(node.Loss) ? node.Loss : null)));
    }

    void ITrainingListener.TargetSwitched(TargetSwitch change)
    {
        _target = change.To;
        Telemetry.Switches.Add(1);
        _span?.AddEvent(new("target switch", _time.GetUtcNow(), new() { ["disback.step"] = change.Step, ["disback.from"] = change.From, ["disback.to"] = change.To }));
        Happened(change.Step, RunEventKind.Switch, $"Target {change.From} -> {change.To}.");
        _uploader.Tell(new RunSignal.TargetSwitched(new SwitchRecord(change.Step, change.From, change.To, double.IsFinite(change.Gap) ? change.Gap : null)));
    }

    void ITrainingListener.ArtifactMade(string name, Action<Stream> write)
    {
        // Written now, because what it is made from changes with the next step; artifacts are small or final.
        var path = _uploader.NewPath();
        using var file = new HashingFileStream(path);
        write(file);
        var content = file.Commit();
        var step = Snapshot.Step;
        _uploader.Store(path, content, new RunSignal.ArtifactStored(new ArtifactRef(name, content, step)));
    }

    void ITrainingListener.CheckpointDue(long step, RunState state)
    {
        // Nothing has been learnt yet, and a fresh start begins with more than a first step does.
        if (step == 0) return;
        var started = _time.GetTimestamp();
        var copies = Stage(_checkpoint, "checkpoint", state.Tensors);
        Telemetry.CheckpointStall.Record(_time.GetElapsedTime(started).TotalSeconds);
        var target = _target;
        _uploader.Write(_metrics!.FlushAsync);
        _uploader.Store(copies, new Dictionary<string, string> { [ProgressKey] = state.Progress }, _checkpoint.Release, content =>
        {
            Telemetry.CheckpointSeconds.Record(_time.GetElapsedTime(started).TotalSeconds);
            Telemetry.CheckpointBytes.Record(content.Length);
            return new RunSignal.CheckpointStored(new CheckpointRef(content, step, target));
        });
    }

    /// <summary>Copies what the next step will change; waits for the one before it to be written, so that a slow disk slows training instead of filling memory.</summary>
    private IReadOnlyList<(string Name, Tensor Value)> Stage(StagingBuffers buffers, string product, IReadOnlyList<(string Name, Tensor Value)> live)
    {
        using var span = Telemetry.StartWork("stage", Trace, product);
        return buffers.Copy(live, _uploader.Halted);
    }

    /// <summary>Notes what happened beside the curves, where it stays when the owner's document has long forgotten it.</summary>
    private void Happened(long step, RunEventKind kind, string text) =>
        _metrics!.Add(new MetricEvent(step, kind.ToString().ToLowerInvariant(), text, _time.GetUtcNow()));

    /// <summary>The run with what happens at every step boundary: stop requests, timing, the snapshot.</summary>
    private sealed class Paced(ITrainingRun run, TrainingJob job) : ITrainingRun
    {
        private readonly TagList _tags = new() { { "kind", Telemetry.NameOf(job.Assignment.Run.Kind) } };
        private long _rateStarted = job._time.GetTimestamp();
        private long _rateStep = -1;
        private double _rate;

        public string Stage => run.Stage;

        public long Step => run.Step;

        public long Steps => run.Steps;

        public void Begin(ITrainingListener listener)
        {
            run.Begin(listener);
            // What comes before the first step says nothing about the pace of steps.
            _rateStarted = job._time.GetTimestamp();
        }

        public void Advance(ITrainingListener listener)
        {
            // Both: the uploader learns of an abandonment a moment later.
            job.Abandoned.ThrowIfCancellationRequested();
            job._uploader.Halted.ThrowIfCancellationRequested();
            var started = job._time.GetTimestamp();
            run.Advance(listener);
            Telemetry.StepSeconds.Record(job._time.GetElapsedTime(started).TotalSeconds, _tags);
            Telemetry.Steps.Add(1, _tags);
            Publish();
        }

        public IReadOnlyList<Measurement> ReadMeasurements() => run.ReadMeasurements();

        public RunState Capture() => run.Capture();

        public void Restore(RunState state) => run.Restore(state);

        public void Complete(ITrainingListener listener) => run.Complete(listener);

        public void Dispose() => run.Dispose();

        public void Publish()
        {
            var elapsed = job._time.GetElapsedTime(_rateStarted);
            if (_rateStep < 0 || elapsed >= RateWindow)
            {
                if (_rateStep >= 0) _rate = (run.Step - _rateStep) / elapsed.TotalSeconds;
                (_rateStarted, _rateStep) = (job._time.GetTimestamp(), run.Step);
            }
            Volatile.Write(ref job._snapshot, job.Snapshot with
            {
                Stage = run.Stage, Step = run.Step, Steps = run.Steps, StepsPerSecond = _rate, TargetIndex = job._target,
            });
        }
    }
}
