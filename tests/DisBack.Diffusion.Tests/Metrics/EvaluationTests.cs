using DisBack.Diffusion.Data;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using DisBack.Specs.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

public sealed class EvaluationTests
{
    private static readonly DatasetSettings s_digits = new() { Source = DatasetSource.Digits, Resolution = 14 };

    [Fact]
    public void Features_tell_digits_from_noise_and_leak_nothing()
    {
        using var network = FeatureNetworks.Open("digits", trustCode: false);
        using var real = ImageDataset.Load(s_digits);
        double Fid(double noise) => Evaluation.Fid((first, count) => Noisy(real, first, count, noise), 1000, network, s_digits);
        var clean = Fid(0);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var (slight, heavy) = (Fid(0.2), Fid(1));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.True(clean < slight && slight < heavy, $"{clean} < {slight} < {heavy}");
    }

    [Fact]
    public void Samples_of_another_size_than_the_reference_are_refused()
    {
        using var network = FeatureNetworks.Open("digits", trustCode: false);
        var error = Assert.Throws<DisBackException>(() => Evaluation.Fid((_, count) => zeros(count, 1, 16, 16), 2, network, s_digits));
        Assert.Contains("[1, 16, 16]", error.Message);
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
