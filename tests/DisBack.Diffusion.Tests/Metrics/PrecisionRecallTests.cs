using CsCheck;
using DisBack.Diffusion.Metrics;
using DisBack.Diffusion.Tests.Features;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

public sealed class PrecisionRecallTests
{
    [Theory]
    [InlineData(1024)]
    [InlineData(7)]
    [InlineData(3)]
    public void They_agree_with_the_definition_computed_one_distance_at_a_time(int block)
    {
        foreach (var expected in FeatureOracle.Expected("precision_recall").EnumerateArray())
        {
            using var scope = NewDisposeScope();
            var name = expected.GetProperty("name").GetString();
            var shift = expected.GetProperty("shift").GetDouble();
            var real = Features("real", 0);
            var generated = Features("generated", shift);
            var (precision, recall) = PrecisionRecall.Between(real, generated, expected.GetProperty("neighbours").GetInt32(), block);
            Assert.Equal(expected.GetProperty("precision").GetDouble(), precision, 1e-12);
            Assert.Equal(expected.GetProperty("recall").GetDouble(), recall, 1e-12);

            Tensor Features(string kind, double moved) => FeatureOracle.Fill(
                [expected.GetProperty(kind).GetInt64(), expected.GetProperty("width").GetInt64()], $"{name} {kind}", u => Math.Round(u * 4) + moved);
        }
    }

    [Fact]
    public void Neither_the_size_of_blocks_nor_the_order_of_images_matters() =>
        (from seed in Gen.ULong from real in Gen.Int[4, 30] from made in Gen.Int[4, 30] from block in Gen.Int[1, 12] select (seed, real, made, block)).Sample(
            c =>
            {
                using var scope = NewDisposeScope();
                using var generator = new Generator(c.seed);
                var (real, made) = (randn([c.real, 3], generator: generator), randn([c.made, 3], generator: generator));
                var expected = PrecisionRecall.Between(real, made, 3, 1000);
                Assert.Equal(expected, PrecisionRecall.Between(real, made.flip(0), 3, c.block));
                Assert.Equal((expected.Recall, expected.Precision), PrecisionRecall.Between(made, real, 3, c.block));
            },
            iter: 30, threads: 1);

    [Fact]
    public void A_set_covers_itself_also_where_features_are_the_same_and_far_from_the_origin()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(0);
        // Four copies of each: the third neighbour is at distance 0, and so must be what is computed from products of large numbers.
        for (var i = 0; i < 20; i++)
        {
            var distinct = randn([9, 301], generator: generator) * 100;
            Assert.Equal((1.0, 1.0), PrecisionRecall.Between(distinct.repeat(4, 1), distinct, 3, block: 5));
            Assert.Equal((0.0, 0.0), PrecisionRecall.Between(distinct.repeat(4, 1), distinct.repeat(4, 1) + 0.01, 3, block: 5));
        }
    }

    [Fact]
    public void Too_few_images_and_features_that_are_not_finite_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Contains("more than 3 generated images, not 3", Assert.Throws<DisBackException>(() => PrecisionRecall.Between(ones(4, 2), ones(3, 2))).Message);
        var diverged = full(4, 2, float.NaN);
        Assert.Contains("generated images are not finite", Assert.Throws<DisBackException>(() => PrecisionRecall.Between(ones(4, 2), diverged)).Message);
    }
}
