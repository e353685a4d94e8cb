using DisBack.Search.Importance;

namespace DisBack.Search.Tests.Importance;

/// <summary>Bins are of about equal size, hold equal numbers together, and none is too small.</summary>
public sealed class RankBinsTests
{
    [Fact]
    public void Ranks_are_divided_evenly_wherever_the_numbers_lie() =>
        Assert.Equal([2, 0, 0, 1, 1, 0, 2, 1, 2], RankBins.Of([1e6, -5, 0, 3, 2, 0.1, 1e3, 4, 1e9], 3));

    [Fact]
    public void A_few_numbers_are_bins_as_they_are()
    {
        double[] numbers = [.. Enumerable.Range(0, 100).Select(i => i < 3 ? 1.0 : 2)];
        Assert.Equal([3, 97], Sizes(RankBins.Of(numbers, 3)));
        Assert.Equal([100], Sizes(RankBins.Of(numbers, 4)));
    }

    [Fact]
    public void Bins_keep_the_order_and_equal_numbers_and_their_least_size()
    {
        var random = new Random(3);
        for (var i = 0; i < 500; i++)
        {
            double[] numbers = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => (double)random.Next(12))];
            var bins = RankBins.Of(numbers, 3);
            Assert.All(Enumerable.Range(0, numbers.Length * numbers.Length), pair =>
            {
                var (a, b) = (pair / numbers.Length, pair % numbers.Length);
                Assert.True(numbers[a] == numbers[b] ? bins[a] == bins[b] : numbers[a] > numbers[b] || bins[a] <= bins[b]);
            });
            var sizes = Sizes(bins);
            Assert.Equal(Enumerable.Range(0, sizes.Length), bins.Distinct().Order());
            Assert.InRange(sizes.Length, 1, Math.Max(1, (int)Math.Sqrt(numbers.Length)));
            Assert.True(sizes.Length == 1 || sizes.Min() >= 3);
        }
    }

    private static int[] Sizes(int[] bins) => [.. bins.CountBy(bin => bin).OrderBy(bin => bin.Key).Select(bin => bin.Value)];
}
