using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion;
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

/// <summary>One attempt and its thread: makes the run, resumes it, runs it to an outcome.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The thread disposes what it owns when it ends; the tokens are still asked after that.")]
internal sealed class TrainingJob : ITrainingJob, ITrainingInputs
{
    private const int ThreadsPerCore = 4;

    private readonly ITrainingFactory _factory;
    private readonly WeightCache _weights;
    private readonly ContentStore _contents;
    private readonly IBlobStore _blobs;
    private readonly TrainingOptions _options;
    private readonly TimeProvider _time;
    private readonly RunHistory _history;
    private readonly SpecFacts _facts;
    private readonly string _scratch;
    private readonly Channel<RunSignal> _signals = Channel.CreateUnbounded<RunSignal>();
    private readonly TaskCompletionSource<RunOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly CancellationTokenSource _checkpointAndStop = new();
    private readonly ActivityContext _startedBy = Activity.Current?.Context ?? default;
    private readonly JobProgress _progress;
    private readonly ITimer _deadMan;
    private readonly JobUploader _uploader;
    private Activity? _span;
    private MetricWriter? _metrics;
    private JobListener? _listener;
    private RunOutcome? _stopped;

    public TrainingJob(
        TrainingAssignment assignment,
        SpecFacts facts,
        Device device,
        ITrainingFactory factory,
        IBlobStore blobs,
        ContentStore contents,
        WeightCache weights,
        TrainingOptions options,
        TimeProvider time,
        RunHistory history)
    {
        (Assignment, _facts, Device, _factory, _blobs, _contents, _weights, _options, _time, _history)
            = (assignment, facts, device, factory, blobs, contents, weights, options, time, history);
        _progress = new JobProgress(time);
        _scratch = Path.Combine(options.AttemptsFolder, assignment.Run.ToString().Replace('/', '_'));
        _deadMan = time.CreateTimer(
            _ => Abandon(FailureCause.Lost, "No heartbeat was accepted by the owner for "
                + $"{options.DeadMan.TotalSeconds:0.#} s."), null, options.DeadMan, Timeout.InfiniteTimeSpan);
        _uploader = new JobUploader(contents, weights, time, options.StorageGrace, this, _signals.Writer, _scratch);
    }

    public TrainingAssignment Assignment { get; }

    public Device Device { get; }

    /// <summary>How much of a slot it takes.</summary>
    public double Share => _facts.Share;

    public TrainingSnapshot Snapshot => _progress.Snapshot;

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
        if (mode == StopMode.Now)
        {
            _abandoned.Cancel();
        }
        else
        {
            _checkpointAndStop.Cancel();
        }
    }

    public void ExtendDeadline() => _deadMan.Change(_options.DeadMan, Timeout.InfiniteTimeSpan);

    public void Fence() => Abandon(FailureCause.Lost, "Another attempt owns the run.");

    /// <summary>Every time anew: a bit may have flipped since, and what is read here is trained with for hours.</summary>
#pragma warning disable RS0030 // On the training thread, which cannot go on without the weights.
    public WeightLease Fetch(ContentRef content) => _weights.GetAsync(content, verify: true, Abandoned).GetAwaiter().GetResult();

    public WeightLease Fetch(string digest) => Fetch(_contents.AddressOfAsync(digest, Abandoned).GetAwaiter().GetResult());
#pragma warning restore RS0030

    public void Prefetch(ContentRef content)
    {
        // A failure shows when the bytes are fetched.
        _ = _weights.PrefetchAsync(content, Abandoned).ContinueWith(done => done.Exception, TaskScheduler.Default);
    }

    private void Abandon(FailureCause cause, string reason)
    {
        Interlocked.CompareExchange(ref _stopped, new RunOutcome(0, cause, reason), null);
        _abandoned.Cancel();
    }

    private void Main(Action exited)
    {
        _span = AttemptSpans.Start(Assignment, _startedBy);
        var outcome = Outcome();
        _deadMan.Dispose();
        _listener?.Dispose();
        _signals.Writer.TryComplete();
        try
        {
            if (Directory.Exists(_scratch))
            {
                Directory.Delete(_scratch, recursive: true);
            }
        }
        catch (IOException)
        {
            // What is left is deleted at the next start, and is no reason for the run to fail.
        }
        AttemptSpans.End(_span, Snapshot.Stage, outcome);
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
            if (_metrics is not null)
            {
                _uploader.Write(_metrics.FlushAsync);
            }
#pragma warning disable RS0030 // On the training thread, which has nothing else to do.
            _uploader.CompleteAsync().GetAwaiter().GetResult();
#pragma warning restore RS0030
            if (complete)
            {
                _uploader.KeepOnly(null);
            }
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

    /// <summary>
    /// Threads beyond the cores wait for each other: a thousand on two cores make no step in a minute. Only the machine that computes knows its cores.
    /// </summary>
    private static void RefuseThreads(int threads)
    {
        var most = ThreadsPerCore * Environment.ProcessorCount;
        if (threads > most)
        {
            throw new DisBackException($"hardware.threads is {threads}, but this machine has {Environment.ProcessorCount} cores and takes at most {most} "
                + "threads; lower it in the spec.");
        }
    }

    private bool Train()
    {
        RefuseThreads(_facts.Hardware.Threads);
        Devices.UseOwnStream(Device);
        if (Assignment.Run.Kind == RunKind.Backtracking)
        {
            _progress.Target = SpecFacts.FirstTarget(Assignment.Spec, Assignment.Nodes.Length);
        }
        // Both tokens: the uploader learns of an abandonment a moment later.
        using var run = new PacedRun(Create(), Assignment.Run.Kind, _progress, _time, Device, Abandoned, _uploader.Halted);
        var resumed = Resume(run);
        _span?.SetTag("disback.resumed_step", resumed);
        _metrics = new MetricWriter(_blobs, GrainKeys.Metrics(Assignment.Run.Kind, Assignment.Run.Owner), Assignment.Run.Number, resumed, time: _time);
        _listener = new JobListener(_uploader, _progress, _metrics, new CheckpointPace(Assignment.MeanTimeToFailure, _time), _span, _time);
        _progress.Reached(run);
        using var train = AttemptSpans.StartWork("train", Trace);
        return TrainingLoop.Run(run, _facts.Checkpoints, _listener, _checkpointAndStop.Token);

        // What it is made from may be computed, such as the statistics of real images.
        ITrainingRun Create()
        {
            using var turn = CudaTurns.Take(Device, tf32: false);
            using var prepare = AttemptSpans.StartWork("prepare", Trace);
            return _factory.Create(Assignment, this);
        }
    }

    /// <summary>
    /// Continues from the newest intact checkpoint; a damaged one is passed over and named. Before all of them comes the state that the experiment starts with.
    /// </summary>
    /// <returns>The step from which the run goes on.</returns>
    private long Resume(PacedRun run)
    {
        using var resume = AttemptSpans.StartWork("resume", Trace);
        foreach (var checkpoint in Assignment.Checkpoints)
        {
            Abandoned.ThrowIfCancellationRequested();
            try
            {
                using var weights = Fetch(checkpoint.Content);
                Restore(run, weights);
                _uploader.KeepOnly(checkpoint.Content);
                if (checkpoint.TargetIndex >= 0)
                {
                    _progress.Target = checkpoint.TargetIndex;
                }
                _history.Resumed(Assignment.Run, run.Step, checkpoint);
                return run.Step;
            }
            catch (StorageException e) when (e is CorruptContentException or MissingContentException)
            {
                Note(RunEventKind.Warning, checkpoint.Step, $"The checkpoint of step {checkpoint.Step} is not usable, so the one before it is "
                    + $"taken: {e.Message}");
            }
        }
        if (_facts.Start is { Checkpoint: var content, Node: var target })
        {
            using var weights = Fetch(ContentRef.DigestIn(content ?? "") ?? throw new DisBackException(
                "The spec starts with a checkpoint that was not looked up; submit it with 'disback' or to a gateway."));
            Restore(run, weights);
            _progress.Target = target ?? _progress.Target;
        }
        _history.Resumed(Assignment.Run, run.Step, null);
        if (!Assignment.Checkpoints.IsEmpty)
        {
            Note(RunEventKind.Warning, run.Step, "No checkpoint is usable, so the run starts afresh.");
        }
        return run.Step;
    }

    private static void Restore(PacedRun run, WeightLease weights)
    {
        using var file = SafetensorsFile.Open(weights.Path);
        using var scope = NewDisposeScope();
        run.Restore(RunState.Read(file));
    }

    private void Note(RunEventKind kind, long step, string message) => _uploader.Report(new RunSignal.Noted(kind, step, message));
}
