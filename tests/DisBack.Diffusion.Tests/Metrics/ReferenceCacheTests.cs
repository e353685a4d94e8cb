using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

/// <summary>Real images are looked at once on a machine, however many processes compare with them, and never because of a name.</summary>
public sealed class ReferenceCacheTests : IDisposable
{
    private static readonly EvaluationSettings s_digits = new() { Reference = new DatasetSettings { Source = DatasetSource.Digits, Resolution = 8 } };

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_second_process_reads_what_the_first_has_measured()
    {
        using var network = new CountingFeatures();
        var first = new ReferenceCache(_folder).Of(network, s_digits);
        var extracted = network.Images;
        var second = new ReferenceCache(_folder).Of(network, s_digits);
        Assert.Equal((10_000, 10_000), (extracted, network.Images));
        Assert.True(second.Mean.equal(first.Mean).all().item<bool>() && second.Covariance.equal(first.Covariance).all().item<bool>());
        Assert.Equal([1L, 8, 8], second.Shape!);
    }

    [Fact]
    public void What_is_known_outlives_the_scope_of_whoever_asked_first()
    {
        using var network = new CountingFeatures();
        var cache = new ReferenceCache();
        using (NewDisposeScope())
        {
            cache.Of(network, s_digits);
        }
        Assert.Equal(2, cache.Of(network, s_digits).Mean.shape[0]);
    }

    [Fact]
    public void Other_images_and_another_network_have_statistics_of_their_own()
    {
        using var network = new CountingFeatures();
        using var other = new CountingFeatures { Digest = "other" };
        new ReferenceCache(_folder).Of(network, s_digits);
        new ReferenceCache(_folder).Of(network, s_digits with { Reference = s_digits.Reference with { Resolution = 7 } });
        new ReferenceCache(_folder).Of(other, s_digits);
        Assert.Equal((20_000, 10_000), (network.Images, other.Images));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_damaged_on_disk_is_measured_again_and_replaced(bool cutOff)
    {
        using var network = new CountingFeatures();
        new ReferenceCache(_folder).Of(network, s_digits);
        var file = Assert.Single(Directory.EnumerateFiles(_folder, "*.npz", SearchOption.AllDirectories));
        var bytes = File.ReadAllBytes(file);
        // In the middle of the first number of the mean, whose entry has 30 bytes and a name of 6 before a head of 128 bytes.
        bytes[30 + 6 + 128 + 4] ^= 1;
        File.WriteAllBytes(file, cutOff ? bytes[..100] : bytes);
        new ReferenceCache(_folder).Of(network, s_digits);
        new ReferenceCache(_folder).Of(network, s_digits);
        Assert.Equal(20_000, network.Images);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_costs_only_time()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        using var network = new CountingFeatures();
        var cache = new ReferenceCache(file);
        cache.Of(network, s_digits);
        cache.Of(network, s_digits);
        Assert.Equal(10_000, network.Images);
    }

    [Fact]
    public void Statistics_of_others_are_taken_and_those_of_other_features_refused()
    {
        using var network = new CountingFeatures();
        var settings = new EvaluationSettings { Statistics = Path.Combine(AppContext.BaseDirectory, "oracles", "numpy", "statistics.npz") };
        var reference = new ReferenceCache(_folder).Of(network, settings);
        Assert.Equal(0, network.Images);
        var error = Assert.Throws<DisBackException>(() => Evaluation.Fid((_, count) => zeros(count, 1, 8, 8), 10, network, reference));
        Assert.Contains("of 6 features where the network has 2", error.Message);
    }

    /// <summary>The mean and the largest brightness of an image.</summary>
    private sealed class CountingFeatures : IFeatureNetwork
    {
        public string Digest { get; init; } = "counting";

        /// <summary>How many were looked at.</summary>
        public long Images { get; private set; }

        public Tensor Extract(Tensor images)
        {
            using var scope = NewDisposeScope();
            Images += images.shape[0];
            var flat = images.flatten(1);
            return stack([flat.mean([1]), flat.amax(1)], 1).MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
        }
    }
}
