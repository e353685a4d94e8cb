using CsCheck;
using DisBack.Orchestration.Groups;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Tests.Groups;

/// <summary>Workers that read from each other have the same sums, whatever the sizes and whoever is slow.</summary>
public sealed class SumExchangeTests
{
    /// <summary>The law: what each has in the end is the sum in the order of ranks, to the last bit.</summary>
    [Fact]
    public async Task Every_worker_has_the_sums_in_the_order_of_ranks() =>
        await Gen.Select(Gen.Int[2, 5], Gen.Int[0, 9].Array[1, 4], Gen.Int[1, 3], Gen.UInt).SampleAsync(
            async (workers, sizes, rounds, seed) => await AssertSumsAsync(workers, sizes, rounds, seed), iter: 60, seed: "0N0XIzNsQ0O2");

    /// <summary>More than a message for each of them, over the border between two tensors.</summary>
    [Fact]
    public async Task Numbers_of_many_messages_are_added_up() => await AssertSumsAsync(3, [1_300_000, 5, 700_001], 2, 1);

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

    private static async Task AssertSumsAsync(int workers, int[] sizes, int rounds, long seed)
    {
        var exchanges = new SumExchange[workers];
        for (var rank = 0; rank < workers; rank++)
        {
            exchanges[rank] = new(rank, workers, async (other, range, stop) =>
            {
                while (true)
                {
                    var changed = exchanges[other].Changed;
                    if (exchanges[other].Read(range) is { } bytes)
                    {
                        return bytes;
                    }
                    await changed.WaitAsync(stop);
                }
            });
        }
        using var random = new Generator((ulong)seed, CPU);
        var tensors = Enumerable.Range(0, rounds).Select(_ => Enumerable.Range(0, workers)
            .Select(_ => sizes.Select(size => randn(size, generator: random) * 1e3).ToArray()).ToArray()).ToArray();
        var expected = tensors.Select(round => round.Select(own => cat(own)).Aggregate((sum, own) => sum + own)).ToArray();

        // Each goes on to its next sum as soon as it has one, without waiting for the others.
        await Task.WhenAll(Enumerable.Range(0, workers).Select(rank => Task.Run(async () =>
        {
            foreach (var round in tensors)
            {
                using var numbers = new HostNumbers(round[rank]);
                await exchanges[rank].SumAsync(numbers, TestContext.Current.CancellationToken);
            }
        })));

        Assert.All(tensors.Zip(expected), pair => Assert.All(pair.First, own => Assert.True(cat(own).equal(pair.Second).all().item<bool>())));
        Array.ForEach(exchanges, exchange => exchange.Dispose());
    }
}
