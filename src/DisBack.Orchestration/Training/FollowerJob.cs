using System.Diagnostics.CodeAnalysis;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Orchestration.Groups;
using DisBack.Storage.Cache;
using DisBack.Storage.Content;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>
/// One worker's part in an attempt that another one leads: it computes its rows of every batch, holds the same weights as the leader, and leaves nothing.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token is still asked after the thread has ended.")]
internal sealed partial class FollowerJob : ITrainingInputs
{
    /// <summary>Losses are looked at this often, because reading one waits for the device.</summary>
    private const int StepsPerReading = 10;

    private readonly SpecFacts _facts;
    private readonly ITrainingFactory _factory;
    private readonly ContentStore _contents;
    private readonly WeightCache _weights;
    private readonly WorkerGroups _groups;
    private readonly TrainingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GroupMember _member;

    public FollowerJob(
        TrainingAssignment assignment,
        SpecFacts facts,
        Device device,
        ITrainingFactory factory,
        ContentStore contents,
        WeightCache weights,
        WorkerGroups groups,
        TrainingOptions options,
        TimeProvider time,
        ILogger logger)
    {
        (Assignment, _facts, Device, _factory, _contents, _weights, _groups, _options, _time, _logger)
            = (assignment, facts, device, factory, contents, weights, groups, options, time, logger);
        _member = groups.Join(assignment, options.DeadMan, _stop.Token);
    }

    public TrainingAssignment Assignment { get; }

    public Device Device { get; }

    public IWorkerGroup Workers => _member;

    /// <summary>Completes when its thread has ended.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Starts the thread, without the caller's ambient state.</summary>
    /// <param name="exited">Called by the thread when it uses the device no more.</param>
    public void Start(Action exited)
    {
        var thread = new Thread(() => Main(exited)) { IsBackground = true, Name = $"disback {Assignment.Run}/{Assignment.Rank}" };
        using var suppressed = ExecutionContext.SuppressFlow();
        thread.UnsafeStart();
    }

    /// <summary>Has it end at once, for what it computes counts only together with what the others do.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Asks the leader to have all workers stop after a checkpoint.</summary>
    public async Task AskToStopAsync(string reason)
    {
        try
        {
            await _member.AskToStopAsync(reason);
        }
        catch (Exception e)
        {
            // The leader is gone as well; this one ends at the deadline.
            LogUnasked(e, Assignment.Run);
        }
    }

#pragma warning disable RS0030 // On the training thread, which cannot go on without the weights.
    public WeightLease Fetch(ContentRef content) => _weights.GetAsync(content, verify: true, _stop.Token).GetAwaiter().GetResult();

    public WeightLease Fetch(string digest) => Fetch(_contents.AddressOfAsync(digest, _stop.Token).GetAwaiter().GetResult());
#pragma warning restore RS0030

    public void Prefetch(ContentRef content) =>
        _ = _weights.PrefetchAsync(content, _stop.Token).ContinueWith(done => done.Exception, TaskScheduler.Default);

    private void Main(Action exited)
    {
        try
        {
            Train();
            _member.End(null, "It has made all steps.");
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _member.End(FailureCause.Stopped, $"Worker {Assignment.Rank} was stopped.");
        }
        catch (Exception failure)
        {
            LogFailed(failure, Assignment.Run, Assignment.Rank);
            var where = Assignment.Group[Assignment.Rank].DeviceName;
            _member.End(FailureCauses.Of(failure), $"{where}, which trains it as worker {Assignment.Rank}: {FailureCauses.MessageOf(failure)}");
        }
        exited();
        // The others may have to read of it still: until the leader has ended all of them, or long after one that is gone would have.
        _ = Task.Delay(_options.DeadMan * 2, _time, _stop.Token).ContinueWith(_ => _groups.Leave(_member), TaskScheduler.Default);
        _completion.TrySetResult();
    }

    private void Train()
    {
        if (Assignment.LeaderVersion is { } version && version != WorkerGroups.Version)
        {
            throw new GroupException(
                FailureCause.Lost, $"the version here is {WorkerGroups.Version} and that of the worker that leads {version}, which may compute otherwise.");
        }
        _facts.Hardware.RequireThreads(Environment.ProcessorCount);
        Devices.UseOwnStream(Device);
        using var turn = CudaTurns.Take(Device, tf32: false);
        using var run = _factory.Create(Assignment, this);
        Resumption.Restore(run, Assignment, _facts.Start, this, (checkpoint, e) => LogUnusable(e, checkpoint.Step, Assignment.Run), _stop.Token);
        _member.Agree(run.Step);
        if (run.Step == 0)
        {
            run.Begin(NoListener.Instance);
        }
        while (run.Step < run.Steps)
        {
            _stop.Token.ThrowIfCancellationRequested();
            run.Advance(NoListener.Instance);
            if (run.Step % StepsPerReading == 0)
            {
                run.ReadMeasurements();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Rank} of {Run} has failed.")]
    private partial void LogFailed(Exception exception, RunAttempt run, int rank);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The checkpoint of step {Step} of {Run} is not usable, so the one before it is taken.")]
    private partial void LogUnusable(Exception exception, long step, RunAttempt run);

    [LoggerMessage(Level = LogLevel.Information, Message = "The worker that leads {Run} could not be asked to stop it.")]
    private partial void LogUnasked(Exception exception, RunAttempt run);

    /// <summary>What happens in the run is kept by the leader.</summary>
    private sealed class NoListener : ITrainingListener
    {
        public static NoListener Instance { get; } = new();

        public void Measured(IReadOnlyList<Measurement> measurements)
        {
        }

        public void Reached(Milestone milestone)
        {
        }

        public void ArtifactMade(string name, Action<Stream> write)
        {
        }

        public Action CheckpointDue(long step, RunState state) => () => { };
    }
}
