using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Orchestration.Groups;
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
    /// <summary>Without waiting for the first checkpoint it is seen then how an attempt has begun, also where the process is killed before one.</summary>
    private static readonly TimeSpan s_firstLook = TimeSpan.FromSeconds(10);

    /// <summary>How long the end of an attempt waits for a store that no longer takes its log.</summary>
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(10);

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
    private readonly JobLog _log;
    private readonly string _silo;
    private readonly HashSet<string> _fetched = [];
    private readonly Lock _fetching = new();
    private readonly long _created;
    private readonly WorkerGroups _groups;
    private readonly GroupMember? _group;
    private TimeSpan _inSteps;
    private ITimer? _firstLook;
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
        RunHistory history,
        string silo,
        WorkerGroups groups)
    {
        (Assignment, _facts, Device, _factory, _blobs, _contents, _weights, _options, _time, _history, _silo, _groups)
            = (assignment, facts, device, factory, blobs, contents, weights, options, time, history, silo, groups);
        _created = time.GetTimestamp();
        _log = new JobLog(silo, time);
        _progress = new JobProgress(time);
        _scratch = Path.Combine(options.AttemptsFolder, assignment.Run.ToString().Replace('/', '_'));
        _deadMan = time.CreateTimer(
            _ => Abandon(FailureCause.Lost, "No heartbeat was accepted by the owner for "
                + $"{options.DeadMan.TotalSeconds:0.#} s."), null, options.DeadMan, Timeout.InfiniteTimeSpan);
        _uploader = new JobUploader(contents, weights, time, options.StorageGrace, this, _signals.Writer, _scratch, _log);
        if (assignment.Group is { IsDefault: false, Length: > 1 })
        {
            // Halted is cancelled by abandonment, too.
            _group = groups.Join(assignment, options.DeadMan, _uploader.Halted);
        }
    }

    public TrainingAssignment Assignment { get; }

    public Device Device { get; }

    public IWorkerGroup Workers => _group is null ? SingleWorker.Instance : _group;

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
    public WeightLease Fetch(ContentRef content)
    {
        var (started, where) = (_time.GetTimestamp(), WhereIs(content));
        var lease = _weights.GetAsync(content, verify: true, Abandoned).GetAwaiter().GetResult();
        LogFetched(content, where, _time.GetElapsedTime(started));
        return lease;
    }

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
        EndGroup();
        _deadMan.Dispose();
        _firstLook?.Dispose();
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

    /// <summary>Before anyone learns of the outcome: the next attempt needs the slots of the other workers, too.</summary>
    private void EndGroup()
    {
        if (_group is not null)
        {
            _group.End(null, "The attempt has ended.");
#pragma warning disable RS0030 // On the training thread, which has nothing else to do.
            _group.EndOthersAsync().GetAwaiter().GetResult();
#pragma warning restore RS0030
            _groups.Leave(_group);
        }
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
            LogFailure(e);
        }
        try
        {
            // Also after a failure: what was reached before it is still worth keeping. And the uploader must be done with the staging memory.
            if (_metrics is not null)
            {
                if (failure is null)
                {
                    _uploader.Then(() => LogEnd(complete));
                }
                // A trial of a second, of which there are thousands, gets no chunk for the last lines of its log alone.
                var isShort = complete && _time.GetElapsedTime(_created) < s_firstLook;
                _uploader.Write(isShort ? _metrics.FlushMeasurementsAsync : _metrics.FlushAsync);
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
            LogFailure(upload);
        }
        catch (Exception)
        {
            // The first failure is the one to report.
        }
        var outcome = failure switch
        {
            null when complete => new RunOutcome(Snapshot.Step),
            null => _stopped! with { Step = Snapshot.Step },
            OperationCanceledException when _abandoned.IsCancellationRequested => _stopped! with { Step = Snapshot.Step },
            _ => new RunOutcome(Snapshot.Step, FailureCauses.Of(failure), FailureCauses.MessageOf(failure)),
        };
        if (failure is not null)
        {
            WriteLastWords(failure, outcome);
        }
        return outcome;
    }

    /// <summary>Stores what the uploader has not, because it had stopped or the attempt ends before it was at a step.</summary>
    private void WriteLastWords(Exception failure, RunOutcome outcome)
    {
        // Its owner has gone on without it, and may have deleted what it was about to write to.
        if (outcome.Cause == FailureCause.Lost)
        {
            return;
        }
        if (failure is OperationCanceledException && _abandoned.IsCancellationRequested)
        {
            LogEnd(complete: false);
        }
        if (_metrics is null)
        {
            // It has computed nothing again, so that all that the attempts before it have measured still counts.
            _metrics = NewWriter(long.MaxValue);
            _log.WriteTo(_metrics, LogEvents.NoStep);
        }
        using var deadline = new CancellationTokenSource(s_lastWords, _time);
        try
        {
#pragma warning disable RS0030 // On the training thread, which has nothing else to do.
            _metrics.FlushAsync(deadline.Token).WaitAsync(deadline.Token).GetAwaiter().GetResult();
#pragma warning restore RS0030
        }
        catch (Exception e) when (e is StorageException or OperationCanceledException)
        {
            // The outcome, which is reported, has the sentence that matters most.
        }
    }

    private void LogBegin()
    {
        var run = Assignment.Run;
        var threads = _facts.Hardware.Threads;
        _log.Info($"Attempt {run.Number} of the {RunKinds.Of(run.Kind).Label} begins on {_silo} (process {Environment.ProcessId}, DisBack "
            + $"{WorkerGroups.Version}): {Device}, {threads} thread{(threads == 1 ? "" : "s")}, {Environment.ProcessorCount} cores and "
            + $"{LogTexts.Bytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)} of memory.");
        if (_group is not null)
        {
            _log.Info($"It leads {_group.Count - 1} of {_group.Count} workers: {string.Join(", ", Assignment.Group.Skip(1).Select(slot => slot.DeviceName))}.");
        }
    }

    private void LogEnd(bool complete)
    {
        var step = Snapshot.Step;
        var times = $"{LogTexts.Seconds(_time.GetElapsedTime(_created))}, {LogTexts.Seconds(_inSteps)} of them in steps";
        _log.Info(complete ? $"Complete; the attempt took {times}." : $"Stopped at step {step} after {times}: {_stopped!.Message}", step);
    }

    /// <summary>Not for what only says that the thread was to stop.</summary>
    private void LogFailure(Exception failure)
    {
        if (failure is not OperationCanceledException)
        {
            _log.Failure(FailureText.Of(failure), _metrics is null ? null : Snapshot.Step);
        }
    }

    private string WhereIs(ContentRef content) => _contents.LocalPathOf(content) is not null ? "in the folder of the store"
        : _weights.Digests.Contains(content.Digest) ? "in this machine's cache"
        : "";

    /// <summary>Once for each content: nodes are fetched at every switch, and a teacher for each network that is made of it.</summary>
    private void LogFetched(ContentRef content, string where, TimeSpan took)
    {
        lock (_fetching)
        {
            if (!_fetched.Add(content.Digest))
            {
                return;
            }
        }
        var node = Assignment.Nodes.FirstOrDefault(node => node.Content == content);
        var checkpoint = Assignment.Checkpoints.FirstOrDefault(checkpoint => checkpoint.Content == content);
        var what = node is not null ? $"Node {node.Index}"
            : content == Assignment.Teacher ? "The teacher"
            : checkpoint is not null ? $"The checkpoint of step {checkpoint.Step}"
            : $"The content {content.Digest[..12]}";
        _log.Info($"{what} ({LogTexts.Bytes(content.Length)}) was {(where.Length > 0 ? $"found and checked {where}" : "fetched from the store")} in "
            + $"{LogTexts.Seconds(took)}.", _metrics is null ? null : Snapshot.Step);
    }

    private MetricWriter NewWriter(long resumed) =>
        new(_blobs, GrainKeys.Metrics(Assignment.Run.Kind, Assignment.Run.Owner), Assignment.Run.Number, resumed, time: _time);

    private async Task ShowBeginningAsync(MetricWriter metrics)
    {
        try
        {
            await metrics.FlushAsync(Abandoned);
        }
        catch (Exception e) when (e is StorageException or OperationCanceledException)
        {
            // It goes with the first checkpoint, whose failure counts.
        }
    }

    private bool Train()
    {
        LogBegin();
        _facts.Hardware.RequireThreads(Environment.ProcessorCount);
        Devices.UseOwnStream(Device);
        if (_group is not null)
        {
            // First of all, as they have the same to prepare.
#pragma warning disable RS0030 // On the training thread, which cannot go on without them.
            _group.StartOthersAsync().GetAwaiter().GetResult();
#pragma warning restore RS0030
        }
        if (Assignment.Run.Kind == RunKind.Backtracking)
        {
            _progress.Target = SpecFacts.FirstTarget(Assignment.Spec, Assignment.Nodes.Length);
        }
        // Both tokens: the uploader learns of an abandonment a moment later.
        using var run = new PacedRun(Create(), Assignment.Run.Kind, _progress, _time, Device, Abandoned, _uploader.Halted);
        var resuming = _time.GetTimestamp();
        var resumed = Resume(run);
        _log.Info(resumed == 0
            ? $"It starts afresh, with {run.Steps} steps to make."
            : $"It goes on from step {resumed} of {run.Steps}, restored in {LogTexts.Seconds(_time.GetElapsedTime(resuming))}.");
        _span?.SetTag("disback.resumed_step", resumed);
        _group?.Agree(resumed);
        _metrics = NewWriter(resumed);
        _log.WriteTo(_metrics, resumed);
        _firstLook = _time.CreateTimer(metrics => _ = ShowBeginningAsync((MetricWriter)metrics!), _metrics, s_firstLook, Timeout.InfiniteTimeSpan);
        _listener = new JobListener(_uploader, _progress, _metrics, new CheckpointPace(Assignment.MeanTimeToFailure, _time), _span, _time, _log);
        _progress.Reached(run);
        using var train = AttemptSpans.StartWork("train", Trace);
        try
        {
            return TrainingLoop.Run(run, _facts.Checkpoints, _listener, _checkpointAndStop.Token);
        }
        finally
        {
            _inSteps = run.InSteps;
        }

        // What it is made from may be computed, such as the statistics of real images.
        ITrainingRun Create()
        {
            using var turn = CudaTurns.Take(Device, tf32: false);
            using var prepare = AttemptSpans.StartWork("prepare", Trace);
            var started = _time.GetTimestamp();
            var made = _factory.Create(Assignment, this);
            _log.Info($"Prepared in {LogTexts.Seconds(_time.GetElapsedTime(started))}.");
            return made;
        }
    }

    /// <summary>Continues from the newest intact checkpoint; a damaged one is named.</summary>
    /// <returns>The step from which the run goes on.</returns>
    private long Resume(PacedRun run)
    {
        using var resume = AttemptSpans.StartWork("resume", Trace);
        var from = Resumption.Restore(run, Assignment, _facts.Start, this, NoteUnusable, Abandoned);
        _history.Resumed(Assignment.Run, run.Step, from);
        if (from is not null)
        {
            _uploader.KeepOnly(from.Content);
            _progress.Target = from.TargetIndex >= 0 ? from.TargetIndex : _progress.Target;
            return run.Step;
        }
        _progress.Target = _facts.Start?.Node ?? _progress.Target;
        if (!Assignment.Checkpoints.IsEmpty)
        {
            Note(RunEventKind.Warning, run.Step, "No checkpoint is usable, so the run starts afresh.");
        }
        return run.Step;

        void NoteUnusable(CheckpointRef checkpoint, StorageException e) => Note(
            RunEventKind.Warning,
            checkpoint.Step,
            $"The checkpoint of step {checkpoint.Step} is not usable, so the one before it is taken: {e.Message}");
    }

    private void Note(RunEventKind kind, long step, string message)
    {
        _log.Warning(message);
        _uploader.Report(new RunSignal.Noted(kind, step, message));
    }
}
