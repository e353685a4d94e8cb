using System.Buffers;
using System.Runtime.InteropServices;
using DisBack.Contracts.Grains;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Groups;

/// <summary>
/// Adds up numbers of several workers, which read from each other. A worker makes the sums of its own shard, in the order of ranks, and then reads those
/// of the other shards: each sends and receives at most twice what it has, however many they are.
/// </summary>
/// <remarks>
/// Reading changes nothing and may be repeated. What a worker adds is there until it has the sums of all shards, which are made from it; its own sums are there
/// until it makes the next ones, for which it must have read what the others add, who have read all sums by then. One whose shard is empty, as there are
/// fewer numbers than workers, makes none and keeps what it has: the others may not have read it yet.
/// </remarks>
internal sealed class SumExchange : IDisposable
{
    /// <summary>Numbers of one message: one MiB.</summary>
    private const int MessageNumbers = 1 << 18;

    /// <summary>Messages that are under way at once.</summary>
    private const int Messages = 4;

    private readonly Lock _gate = new();
    private readonly int _rank;
    private readonly int _count;
    private readonly Func<int, GroupRange, CancellationToken, Task<byte[]>> _read;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _round;
    private HostNumbers? _own;
    private long _keeps;
    private long _sumRound;
    private long _sumFirst;
    private long _sumCount;
    private Tensor? _sums;

    /// <param name="rank">Which of the workers this is.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="read">Reads from another worker, which it names by its rank.</param>
    public SumExchange(int rank, int count, Func<int, GroupRange, CancellationToken, Task<byte[]>> read) => (_rank, _count, _read) = (rank, count, read);

    /// <summary>Completes at the next change of what there is to read.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Replaces numbers by their sums over all workers.</summary>
    public async Task SumAsync(HostNumbers numbers, CancellationToken cancellation)
    {
        var round = Begin(numbers);
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = Messages, CancellationToken = cancellation };
            var (_, shard) = Shard(_rank, numbers.Count);
            if (shard > 0)
            {
                await Parallel.ForEachAsync(Parts(_rank, numbers.Count), options, (part, stop) => MakeSumsAsync(round, numbers, part, stop));
                Publish(round);
            }
            await Parallel.ForEachAsync(
                Enumerable.Range(0, _count).Where(rank => rank != _rank).SelectMany(rank => Parts(rank, numbers.Count)),
                options,
                async (part, stop) => numbers.Write(part.First, Floats(await _read(part.Rank, new(round, IsSum: true, part.First, part.Count), stop))));
        }
        finally
        {
            lock (_gate)
            {
                _own = null;
            }
        }
    }

    /// <summary>What another worker asks for; null where it is not there yet.</summary>
    public byte[]? Read(GroupRange range)
    {
        lock (_gate)
        {
            if (!range.IsSum && range.Round == _round && _own is { } own && IsIn(0, own.Count))
            {
                var bytes = new byte[range.Count * sizeof(float)];
                own.Read(range.First, Floats(bytes));
                return bytes;
            }
            if (range.IsSum && range.Round == _sumRound && IsIn(_sumFirst, _sumCount))
            {
                using var scope = NewDisposeScope();
                return _sums!.narrow(0, range.First - _sumFirst, range.Count).bytes.ToArray();
            }
        }
        return null;

        bool IsIn(long first, long count) =>
            range.Count is >= 0 and <= MessageNumbers && range.First >= first && range.First - first <= count - range.Count;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _sumRound = 0;
            _sums?.Dispose();
        }
    }

    private static Span<float> Floats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes.AsSpan());

    private long Begin(HostNumbers numbers)
    {
        lock (_gate)
        {
            _own = numbers;
            _round++;
            Change();
            return _round;
        }
    }

    private async ValueTask MakeSumsAsync(long round, HostNumbers numbers, Part part, CancellationToken cancellation)
    {
        var range = new GroupRange(round, IsSum: false, part.First, part.Count);
        // All are asked at once; none of the memory for the sums is touched before all have answered, as they have read the last sums then.
        var asked = Enumerable.Range(0, _count).Select(rank => rank == _rank ? null : _read(rank, range, cancellation)).ToList();
        await Task.WhenAll(asked.OfType<Task>());
        var sum = ArrayPool<float>.Shared.Rent(part.Count);
        var own = ArrayPool<float>.Shared.Rent(part.Count);
        try
        {
            numbers.Read(part.First, own.AsSpan(0, part.Count));
            for (var rank = 0; rank < _count; rank++)
            {
                var added = asked[rank] is { } others ? Floats(await others) : own.AsSpan(0, part.Count);
                for (var i = 0; i < added.Length; i++)
                {
                    sum[i] = rank == 0 ? added[i] : sum[i] + added[i];
                }
            }
            Keep(round, numbers.Count, part, sum);
            numbers.Write(part.First, sum.AsSpan(0, part.Count));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(sum);
            ArrayPool<float>.Shared.Return(own);
        }
    }

    private void Keep(long round, long total, Part part, float[] sum)
    {
        lock (_gate)
        {
            if (_keeps != round)
            {
                (_keeps, _sumRound) = (round, 0);
                (_sumFirst, _sumCount) = Shard(_rank, total);
                if (_sums is null || _sums.NumberOfElements < _sumCount)
                {
                    _sums?.Dispose();
                    _sums = empty(_sumCount, float32, CPU).DetachFromDisposeScope();
                }
            }
            using var scope = NewDisposeScope();
            sum.AsSpan(0, part.Count).CopyTo(MemoryMarshal.Cast<byte, float>(_sums!.narrow(0, part.First - _sumFirst, part.Count).bytes));
        }
    }

    private void Publish(long round)
    {
        lock (_gate)
        {
            _sumRound = round;
            Change();
        }
    }

    private void Change()
    {
        _changed.SetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private (long First, long Count) Shard(int rank, long total)
    {
        var first = (long)((Int128)total * rank / _count);
        return (first, (long)((Int128)total * (rank + 1) / _count) - first);
    }

    private IEnumerable<Part> Parts(int rank, long total)
    {
        var (first, count) = Shard(rank, total);
        for (var done = 0L; done < count; done += MessageNumbers)
        {
            yield return new(rank, first + done, (int)Math.Min(MessageNumbers, count - done));
        }
    }

    /// <summary>A part of a worker's shard.</summary>
    private readonly record struct Part(int Rank, long First, int Count);
}
