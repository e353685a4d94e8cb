using DisBack.Diffusion.Data;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

public sealed class EvaluationTests
{
    private static readonly DatasetSettings s_digits = new() { Source = DatasetSource.Digits, Resolution = 14 };
    private static readonly EvaluationSettings s_evaluation = new() { Reference = s_digits };

    [Fact]
    public void Features_tell_digits_from_noise_and_leak_nothing()
    {
        using var network = FeatureNetworks.Open("digits", trustCode: false);
        using var real = ImageDataset.Load(s_digits);
        var reference = new ReferenceCache().Of(network, s_evaluation);
        double Fid(double noise) => Evaluation.Fid((first, count) => Noisy(real, first, count, noise), 1000, network, reference);
        var clean = Fid(0);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var (slight, heavy) = (Fid(0.2), Fid(1));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.True(clean < slight && slight < heavy, $"{clean} < {slight} < {heavy}");
    }

    [Fact]
    public void Quality_has_the_same_fid_with_precision_and_recall_of_the_same_images()
    {
        using var network = FeatureNetworks.Open("digits", trustCode: false);
        using var real = ImageDataset.Load(s_digits);
        var asked = new QualityMeasures(Kid: true, PrecisionRecall: true, Neighbours: 2);
        SampleQuality Quality(double noise) => Evaluation.Quality((first, count) => Noisy(real, first, count, noise), 1000, network, real, asked);
        var reference = new ReferenceCache().Of(network, s_evaluation);
        using var clean = Quality(0);
        Assert.Equal(Evaluation.Fid((first, count) => Noisy(real, first, count, 0), 1000, network, reference), clean.Fid);
        // Every image is found again, as the nearest of all.
        using var nearest = clean.Neighbours!.Indices.select(1, 0);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => 10L * i), nearest.data<long>().ToArray());
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        // Every tenth digit is also the choice out of 10,000 real ones: the two sets are the same.
        Assert.Equal((1.0, 1.0), clean.PrecisionRecall);
        var heavy = Quality(2);
        Assert.InRange(heavy.PrecisionRecall!.Value.Precision, 0, 0.2);
        // Each image of one set is in the other too, and only there compared with itself.
        Assert.InRange(clean.Kid!.Value.Mean, -0.1, 0);
        Assert.True(heavy.Kid is { Mean: > 1, Std: null }, heavy.ToString());
        Assert.True(heavy.Neighbours!.Copies < 0.05 && clean.Neighbours.Copies > 0.95, $"{heavy.Neighbours.Copies} {clean.Neighbours.Copies}");
        heavy.Dispose();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Samples_of_another_size_than_the_reference_are_refused()
    {
        using var network = FeatureNetworks.Open("digits", trustCode: false);
        var error = Assert.Throws<DisBackException>(() => Evaluation.Fid(
            (_, count) => zeros(count, 1, 16, 16), 2, network, new ReferenceCache().Of(network, s_evaluation)));
        Assert.Contains("[1, 16, 16]", error.Message);
    }

    [Fact]
    public void Fewer_samples_than_a_covariance_takes_are_warned_of()
    {
        Assert.Null(Evaluation.Warning(2049, 2048));
        Assert.Equal(
            "FID over 2048 samples with 2048 feature dimensions is not meaningful; use at least 2049, better 20480.", Evaluation.Warning(2048, 2048));
    }

    /// <summary>Every tenth digit, so that all classes take part.</summary>
    private static Tensor Noisy(ImageDataset real, long first, long count, double noise)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)first);
        var images = real.Images.index_select(0, arange(first, first + count) * 10).to(float32) / 127.5f - 1f;
        return (images + noise * randn(images.shape, generator: generator)).MoveToOuterDisposeScope();
    }
}
