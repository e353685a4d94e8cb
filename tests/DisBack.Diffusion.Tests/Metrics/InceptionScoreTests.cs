using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

public sealed class InceptionScoreTests
{
    [Fact]
    public void Certain_and_varied_is_the_number_of_classes_and_undecided_or_uniform_is_one()
    {
        Assert.Equal((4, 0), Rounded(Of(count: 80, i => i % 4, certainty: 60)));
        Assert.Equal((1, 0), Rounded(Of(count: 80, i => i % 4, certainty: 0)));
        Assert.Equal((1, 0), Rounded(Of(count: 80, _ => 2, certainty: 60)));
        // Every part shows one class.
        Assert.Equal((1, 0), Rounded(Of(count: 80, i => i / 8 % 4, certainty: 60)));
    }

    [Theory]
    [InlineData(53, 7)]
    [InlineData(53, 53)]
    [InlineData(4, 3)]
    public void It_is_the_formula_in_ten_parts_whatever_the_batches(int count, int batch)
    {
        using var scope = NewDisposeScope();
        var logits = randn([count, 5], generator: new Generator(3)) * 2;
        var measure = InceptionScore.By(new Logits(5), count)!;
        for (var first = 0; first < count; first += batch)
        {
            measure.Add(first, logits.narrow(0, first, Math.Min(batch, count - first)));
        }
        var parts = Math.Min(10, count);
        var scores = Enumerable.Range(0, count).GroupBy(i => i * parts / count).Select(part =>
        {
            var said = nn.functional.softmax(logits.index_select(0, tensor(part.Select(i => (long)i).ToArray())).to(float64), 1);
            var all = said.mean([0], keepdim: true);
            return Math.Exp((said * (said.log() - all.log())).sum(1).mean().item<double>());
        }).ToList();
        Assert.Equal(scores.Average(), measure.Value.Mean, 1e-6);
        Assert.Equal(Math.Sqrt(scores.Average(score => Math.Pow(score - scores.Average(), 2))), measure.Value.Std, 1e-6);
    }

    [Fact]
    public void Features_that_tell_no_classes_apart_have_none() => Assert.Null(InceptionScore.By(new Unclassified(), 10));

    private static (double Mean, double Std) Of(int count, Func<int, int> classOf, double certainty)
    {
        using var scope = NewDisposeScope();
        var measure = InceptionScore.By(new Logits(4), count)!;
        measure.Add(0, nn.functional.one_hot(tensor(Enumerable.Range(0, count).Select(i => (long)classOf(i)).ToArray()), 4) * certainty);
        return measure.Value;
    }

    private static (double, double) Rounded((double Mean, double Std) value) => (Math.Round(value.Mean, 9), Math.Round(value.Std, 9));

    /// <summary>Its features are the logits.</summary>
    private sealed class Logits(int classes) : IClassifier
    {
        public string Digest => "";

        public int Classes => classes;

        public Tensor Classify(Tensor features) => features.alias();

        public Tensor Extract(Tensor images) => images.alias();

        public void Dispose()
        {
            // It owns nothing.
        }
    }

    private sealed class Unclassified : IFeatureNetwork
    {
        public string Digest => "";

        public Tensor Extract(Tensor images) => images.alias();

        public void Dispose()
        {
            // It owns nothing.
        }
    }
}
