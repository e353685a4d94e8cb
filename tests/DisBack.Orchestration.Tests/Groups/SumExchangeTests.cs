using CsCheck;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Groups;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Tests.Groups;

/// <summary>Workers that read from each other have the same sums, whatever the sizes and whoever is slow.</summary>
public sealed class SumExchangeTests
{
    /// <summary>The law: what each has in the end is the sum in the order of ranks, to the last bit.</summary>
    [Fact(Timeout = 120_000)]
    public async Task Every_worker_has_the_sums_in_the_order_of_ranks() =>
        await Gen.Select(Gen.Int[2, 5], Gen.Int[0, 9].Array[1, 4].Array[1, 4], Gen.UInt).SampleAsync(
            async (workers, rounds, seed) => await AssertSumsAsync(workers, rounds, seed, TestContext.Current.CancellationToken),
            iter: 60,
            seed: "0N0XIzNsQ0O2");

    /// <summary>More than a message for each of them, over the border between two tensors.</summary>
    [Fact]
    public async Task Numbers_of_many_messages_are_added_up() =>
        await AssertSumsAsync(3, [[1_300_000, 5, 700_001], [1_300_000, 5, 700_001]], 1, TestContext.Current.CancellationToken);

    /// <summary>There is less to add up the next time, nothing of it for the first worker, which need not wait for the second then.</summary>
    [Fact]
    public async Task A_worker_with_no_part_in_the_next_sum_still_has_the_last_for_a_slow_reader()
    {
        var isNext = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        SumExchange[] exchanges = [];
        exchanges =
        [
            new(0, 2, (other, range, stop) =>
            {
                if (range is { Round: 2, IsSum: true })
                {
                    isNext.TrySetResult();
                }
                return ReadAsync(exchanges[other], range, stop);
            }),
            new(1, 2, async (other, range, stop) =>
            {
                if (range is { Round: 1, IsSum: true })
                {
                    await isNext.Task;
                    Assert.NotNull(exchanges[other].Read(range));
                }
                return await ReadAsync(exchanges[other], range, stop);
            }),
        ];

        await Parallel.ForEachAsync(exchanges, Together(2, TestContext.Current.CancellationToken), async (exchange, stop) =>
        {
            foreach (var count in new[] { 4, 1 })
            {
                using var numbers = new HostNumbers([ones(count)]);
                await exchange.SumAsync(numbers, stop);
            }
        });

        Array.ForEach(exchanges, exchange => exchange.Dispose());
    }

    [Fact]
    public async Task A_failed_reading_ends_the_sum_of_the_reader_and_may_be_made_anew()
    {
        using var numbers = new HostNumbers([ones(10)]);
        var exchange = new SumExchange(0, 2, (_, _, _) => throw new GroupException(Contracts.Documents.FailureCause.Lost, "Gone."));

        var failure = await Assert.ThrowsAsync<GroupException>(() => exchange.SumAsync(numbers, TestContext.Current.CancellationToken));

        Assert.Equal("Gone.", failure.Message);
        Assert.Null(exchange.Read(new(1, IsSum: false, 0, 10)));
    }

    [Theory]
    [InlineData(2, false, 0, 10)]
    [InlineData(1, true, 0, 5)]
    [InlineData(1, false, 5, 6)]
    [InlineData(1, false, -1, 5)]
    public async Task What_is_not_there_is_not_read(long round, bool isSum, long first, int count)
    {
        using var numbers = new HostNumbers([ones(10)]);
        var asked = new TaskCompletionSource<byte[]>();
        using var exchange = new SumExchange(0, 2, (_, _, _) => asked.Task);
        var summing = exchange.SumAsync(numbers, TestContext.Current.CancellationToken);

        Assert.Equal(10 * sizeof(float), exchange.Read(new(1, IsSum: false, 0, 10))!.Length);
        Assert.Null(exchange.Read(new(round, isSum, first, count)));
        asked.SetResult(new byte[5 * sizeof(float)]);
        await summing;
    }

    [Fact]
    public void Only_contiguous_tensors_of_float32_are_taken()
    {
        Assert.Throws<ArgumentException>(() => new HostNumbers([ones(2, 3).t()]));
        Assert.Throws<ArgumentException>(() => new HostNumbers([ones(2, dtype: float64)]));
    }

    private static async Task<byte[]> ReadAsync(SumExchange exchange, GroupRange range, CancellationToken stop)
    {
        while (true)
        {
            var changed = exchange.Changed;
            if (exchange.Read(range) is { } bytes)
            {
                return bytes;
            }
            await changed.WaitAsync(stop);
        }
    }

    /// <summary>All at once, and where one fails the others, which wait for it, end as well.</summary>
    private static ParallelOptions Together(int workers, CancellationToken cancellation) =>
        new() { MaxDegreeOfParallelism = workers, CancellationToken = cancellation };

    /// <param name="workers">How many they are.</param>
    /// <param name="rounds">The sizes of the tensors of each sum.</param>
    /// <param name="seed">Of the numbers.</param>
    /// <param name="cancellation">Ends the waiting of all.</param>
    private static async Task AssertSumsAsync(int workers, int[][] rounds, long seed, CancellationToken cancellation)
    {
        var exchanges = new SumExchange[workers];
        for (var rank = 0; rank < workers; rank++)
        {
            exchanges[rank] = new(rank, workers, (other, range, stop) => ReadAsync(exchanges[other], range, stop));
        }
        using var random = new Generator((ulong)seed, CPU);
        var tensors = rounds.Select(sizes => Enumerable.Range(0, workers)
            .Select(_ => sizes.Select(size => randn(size, generator: random) * 1e3).ToArray()).ToArray()).ToArray();
        var expected = tensors.Select(round => round.Select(own => cat(own)).Aggregate((sum, own) => sum + own)).ToArray();

        // Each goes on to its next sum as soon as it has one, without waiting for the others.
        await Parallel.ForEachAsync(Enumerable.Range(0, workers), Together(workers, cancellation), async (rank, stop) =>
        {
            foreach (var round in tensors)
            {
                using var numbers = new HostNumbers(round[rank]);
                await exchanges[rank].SumAsync(numbers, stop);
            }
        });

        Assert.All(tensors.Zip(expected), pair => Assert.All(pair.First, own => Assert.True(cat(own).equal(pair.Second).all().item<bool>())));
        Array.ForEach(exchanges, exchange => exchange.Dispose());
    }
}
