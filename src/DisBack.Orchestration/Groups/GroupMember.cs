using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Optimization;
using DisBack.Telemetry;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Groups;

/// <summary>One worker's part in an attempt that several train together.</summary>
internal sealed class GroupMember : IWorkerGroup, IDisposable
{
    /// <summary>How long one that reads waits for what is not there yet.</summary>
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(5);

    private readonly GroupPeers _peers;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stop;
    private readonly SumExchange _exchange;
    private readonly TaskCompletionSource<GroupNumbers> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GroupMember(TrainingAssignment assignment, GroupPeers peers, TimeProvider time, CancellationToken stop)
    {
        (Assignment, _peers, _time, _stop) = (assignment, peers, time, stop);
        _exchange = new SumExchange(assignment.Rank, assignment.Group.Length, peers.ReadAsync);
    }

    public TrainingAssignment Assignment { get; }

    public int Rank => Assignment.Rank;

    public int Count => Assignment.Group.Length;

    public void Sum(IReadOnlyList<Tensor> tensors)
    {
        var started = _time.GetTimestamp();
        using var numbers = new HostNumbers(tensors);
        // Another member may be in this process and need the turn to bring its own.
        using (Diffusion.CudaTurns.Yield())
        {
#pragma warning disable RS0030 // On a training thread, which cannot go on without the sums.
            _exchange.SumAsync(numbers, _stop).GetAwaiter().GetResult();
#pragma warning restore RS0030
        }
        numbers.Store();
        Instruments.SumSeconds.Record(_time.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Waits until all workers are about to make their first step, and checks that it is the same.</summary>
    /// <exception cref="GroupException">It is not: one of them found a checkpoint damaged that others did not.</exception>
    public void Agree(long step)
    {
        using var scope = NewDisposeScope();
        // In two halves, as float32 does not tell all large numbers apart.
        var steps = zeros(Count, 2);
        steps[Rank].copy_(tensor(new float[] { step >> 20, step & ((1 << 20) - 1) }));
        Sum([steps]);
        if ((steps - steps[Rank]).abs().max().item<float>() > 0)
        {
            throw new GroupException(FailureCause.Storage, "The workers that train it together have not found the same newest checkpoint intact.");
        }
    }

    /// <summary>What another worker asks for, or waits a while for, or how this one has ended.</summary>
    public async Task<GroupNumbers> ReadAsync(GroupRange range)
    {
        for (var until = Task.Delay(s_wait, _time); ;)
        {
            var changed = _exchange.Changed;
            if (_exchange.Read(range) is { } bytes)
            {
                return new(bytes);
            }
            if (_ended.Task.IsCompletedSuccessfully)
            {
                return await _ended.Task;
            }
            if (await Task.WhenAny(changed, until, _ended.Task) == until)
            {
                return new();
            }
        }
    }

    /// <summary>It trains no more; what others still have to read of it stays.</summary>
    /// <param name="cause">Why, where it has failed.</param>
    /// <param name="message">The same for people.</param>
    public void End(FailureCause? cause, string message) => _ended.TrySetResult(new(null, cause, message));

    /// <summary>Starts the members that this one leads.</summary>
    /// <exception cref="GroupException">One of them cannot be started.</exception>
    public async Task StartOthersAsync()
    {
        for (var rank = 1; rank < Count; rank++)
        {
            var assignment = Assignment with { Rank = rank, Device = Assignment.Group[rank].Device, LeaderVersion = WorkerGroups.Version };
            var name = Assignment.Group[rank].DeviceName;
            StartResult started;
            try
            {
                started = await _peers.AskAsync(rank, member => member.StartAsync(assignment)).WaitAsync(_stop);
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                throw new GroupException(FailureCause.Lost, $"{name}, which is to train it as worker {rank}, could not be asked: {e.Message}");
            }
            if (started != StartResult.Started)
            {
                throw new GroupException(FailureCause.Lost, $"{name}, which is to train it as worker {rank}, had no free slot after all.");
            }
        }
    }

    /// <summary>Ends the members that this one leads, and waits for their threads, which give their slots back, but not for ever.</summary>
    public async Task EndOthersAsync()
    {
        var ends = Enumerable.Range(1, Count - 1).Select(rank => _peers.AskAsync(rank, member => member.EndAsync()));
        // One that does not hear of it notices that nobody answers it any more.
        await Task.WhenAny(Task.WhenAll(ends), Task.Delay(s_wait, _time));
    }

    /// <summary>Asks the member that leads to have all of them stop after a checkpoint.</summary>
    public Task AskToStopAsync(string reason) => _peers.AskAsync(0, leader => leader.AskToStopAsync(reason));

    public void Dispose() => _exchange.Dispose();
}
