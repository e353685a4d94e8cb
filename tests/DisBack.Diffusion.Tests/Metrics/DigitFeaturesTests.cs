using DisBack.Diffusion.Data;
using DisBack.Diffusion.Metrics;
using DisBack.Specs.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

public sealed class DigitFeaturesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-features-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Large_digits_have_the_features_of_their_averages()
    {
        using var scope = NewDisposeScope();
        using var network = FeatureNetworks.Open("digits", trustCode: false);
        using var generator = new Generator(0);
        var images = rand([5, 1, 28, 28], generator: generator) * 2 - 1;
        var large = network.Extract(images);
        Assert.Equal([5, 64], large.shape);
        Assert.True(allclose(large, network.Extract(nn.functional.avg_pool2d(images, 2)), 1e-4, 1e-4));
        Assert.False(large.requires_grad);
        Assert.Equal(64, network.Digest.Length);
    }

    [Fact]
    public void Features_tell_digits_from_noise_and_leak_nothing()
    {
        using var network = FeatureNetworks.Open("digits", trustCode: false);
        var digits = new DatasetSettings { Source = DatasetSource.Digits, Resolution = 14 };
        using var real = ImageDataset.Load(digits);
        double Fid(double noise) => Evaluation.Fid((first, count) => Noisy(first, count, noise), 1000, network, digits);
        var clean = Fid(0);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var (slight, heavy) = (Fid(0.2), Fid(1));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.True(clean < slight && slight < heavy, $"{clean} < {slight} < {heavy}");

        // Every tenth digit, so that all classes take part.
        Tensor Noisy(long first, long count, double noise)
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)first);
            var images = real.Images.index_select(0, arange(first, first + count) * 10).to(float32) / 127.5 - 1;
            return (images + noise * randn(images.shape, generator: generator)).MoveToOuterDisposeScope();
        }
    }

    [Fact]
    public void The_network_outlives_the_scope_in_which_it_was_opened()
    {
        using var images = zeros(1, 1, 14, 14);
        IFeatureNetwork network;
        using (NewDisposeScope())
        {
            network = FeatureNetworks.Open("digits", trustCode: false);
        }
        using (network)
        using (var features = network.Extract(images))
        {
            Assert.Equal([1, 64], features.shape);
        }
    }

    [Fact]
    public void Samples_of_another_size_than_the_reference_and_colour_are_refused()
    {
        using var network = FeatureNetworks.Open("digits", trustCode: false);
        var reference = new DatasetSettings { Source = DatasetSource.Digits, Resolution = 14 };
        var error = Assert.Throws<DisBackException>(() => Evaluation.Fid((_, count) => zeros(count, 1, 16, 16), 2, network, reference));
        Assert.Contains("[1, 16, 16]", error.Message);
        using var colour = zeros(1, 3, 14, 14);
        Assert.Contains("[1, 3, 14, 14]", Assert.Throws<DisBackException>(() => network.Extract(colour)).Message);
    }

    [Fact]
    public void Training_is_a_pure_function_of_its_seed_and_its_file_opens()
    {
        var (a, b, c) = (Path.Combine(_folder, "a"), Path.Combine(_folder, "b"), Path.Combine(_folder, "c"));
        var accuracy = DigitClassifierTraining.Train(1, 20, a);
        Assert.InRange(accuracy, 0.3, 1);
        Assert.Equal(accuracy, DigitClassifierTraining.Train(1, 20, b));
        DigitClassifierTraining.Train(2, 20, c);
        Assert.Equal(File.ReadAllBytes(a), File.ReadAllBytes(b));
        Assert.NotEqual(File.ReadAllBytes(a), File.ReadAllBytes(c));
        using var network = DigitFeatures.Open(a);
        using var images = zeros(1, 1, 14, 14);
        network.Extract(images).Dispose();
    }

    [Fact]
    public void The_shipped_classifier_was_trained_as_its_file_says_and_recognises_digits()
    {
        using var shipped = DigitFeatures.Open();
        var accuracy = DigitClassifierTraining.Accuracy(shipped.Classifier, long.Parse(shipped.Origin["seed"]));
        Assert.Equal(double.Parse(shipped.Origin["held_out_accuracy"]), accuracy, 1e-3);
        Assert.InRange(accuracy, 0.975, 1);
    }
}
