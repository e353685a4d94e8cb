using DisBack.Search.Histories;
using DisBack.Search.Samplers;
using DisBack.Search.Spaces;

namespace DisBack.Search.Tests.Samplers;

/// <summary>Scrambling keeps what makes the sequence even, and makes every point uniform.</summary>
public sealed class SobolSamplerTests
{
    private const int Exponent = 8;
    private const int Points = 1 << Exponent;

    /// <summary>The first two dimensions form a (0, m, 2)-net: 2^m points, one in each elementary interval of area 2^-m, whatever its shape.</summary>
    [Theory, InlineData(0), InlineData(1), InlineData(-12345678901)]
    public void Every_elementary_interval_of_two_dimensions_has_one_point(long seed)
    {
        for (var split = 0; split <= Exponent; split++)
        {
            var cells = Enumerable.Range(0, Points).Select(i => (Cell(seed, i, 0, split), Cell(seed, i, 1, Exponent - split)));
            Assert.Equal(Points, cells.Distinct().Count());
        }
    }

    [Fact]
    public void Every_dimension_has_one_point_in_each_interval()
    {
        for (var dimension = 0; dimension < SobolSequence.Dimensions; dimension++)
        {
            Assert.Equal(Points, Enumerable.Range(0, Points).Select(i => Cell(7, i, dimension, Exponent)).Distinct().Count());
        }
    }

    /// <summary>Swapping halves moves elementary intervals onto elementary intervals of the same shape, with the points in them.</summary>
    [Fact]
    public void Intervals_of_many_dimensions_have_as_many_points_as_before()
    {
        int[] dimensions = [3, 11, 42, 63];
        int[] depths = [2, 1, 3, 2];
        Assert.Equal(Occupied((i, d) => SobolSequence.Bits(i, d) / 4294967296.0), Occupied((i, d) => Scrambled(5, i, d)));

        IEnumerable<int> Occupied(Func<int, int, double> coordinate) => Enumerable.Range(0, Points)
            .GroupBy(i => string.Join(' ', dimensions.Zip(depths, (dimension, depth) => (int)(coordinate(i, dimension) * (1 << depth)))))
            .Select(cell => cell.Count())
            .Order();
    }

    /// <summary>Over seeds any one point is uniform.</summary>
    [Theory, InlineData(0, 0), InlineData(0, 63), InlineData(1, 5), InlineData(1000, 20)]
    public void A_point_is_uniform_over_seeds(int index, int dimension)
    {
        const int Seeds = 10_000;
        const int Bins = 16;
        var counts = new int[Bins];
        for (var seed = 0; seed < Seeds; seed++)
        {
            counts[(int)(Scrambled(seed, index, dimension) * Bins)]++;
        }
        var chiSquare = counts.Sum(count => Math.Pow(count - Seeds / (double)Bins, 2) / (Seeds / (double)Bins));
        // The 99.9 % quantile with 15 degrees of freedom.
        Assert.InRange(chiSquare, 0, 37.7);
    }

    [Fact]
    public void What_the_sequence_lacks_is_refused()
    {
        var history = new History(Direction.Minimize, []);
        var wide = new SearchSpace(Enumerable.Range(0, 65).Select(i => new Parameter($"x{i}", new RealDomain(0, 1))));
        var widest = new SearchSpace(wide.Parameters.Take(64));
        Assert.Equal(64, new SobolSampler().Propose(widest, history, SobolSequence.Length - 1).Count);
        Assert.Contains("65 parameters", Assert.Throws<DisBackException>(() => new SobolSampler().Propose(wide, history, 0)).Message, StringComparison.Ordinal);
        Assert.Throws<DisBackException>(() => new SobolSampler().Propose(widest, history, SobolSequence.Length));
        Assert.Throws<DisBackException>(() => new SobolSampler().Propose(widest, history, -1));
    }

    private static double Scrambled(long seed, int index, int dimension) => OwenScrambling.Uniform(SobolSequence.Bits(index, dimension), seed, dimension);

    private static int Cell(long seed, int index, int dimension, int depth) => (int)(Scrambled(seed, index, dimension) * (1 << depth));
}
