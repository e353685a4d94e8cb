using DisBack.Diffusion.Features;
using DisBack.Diffusion.Files;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace DisBack.Diffusion.Tests.Features;

public sealed class ClassifierFeaturesTests : IDisposable
{
    private const string ShippedDigest = "2edd86997fcc5a1b4b99af617368313b21347ca8aab0fb11e8fce3a9f3bedbd7";

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-features-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_shipped_weights_give_the_features_that_figures_of_earlier_versions_were_measured_on()
    {
        using var scope = NewDisposeScope();
        using var network = FeatureNetworks.OpenShipped(CPU);
        Assert.Equal(ShippedDigest, network.Digest);
        using var generator = new Generator(0);
        var images = rand([500, 1, 14, 14], generator: generator) * 2 - 1;
        var weights = network.Classifier.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter);
        Assert.Equal(
            ["conv1_weight", "conv1_bias", "conv2_weight", "conv2_bias", "conv3_weight", "conv3_bias", "features_weight", "features_bias", "classes_weight",
                "classes_bias"],
            weights.Keys);
        var x = silu(conv2d(images, weights["conv1_weight"], weights["conv1_bias"], padding: [1, 1]));
        x = silu(conv2d(x, weights["conv2_weight"], weights["conv2_bias"], strides: [2, 2], padding: [1, 1]));
        x = silu(conv2d(x, weights["conv3_weight"], weights["conv3_bias"], strides: [2, 2], padding: [1, 1]));
        x = silu(linear(x.flatten(1), weights["features_weight"], weights["features_bias"]));
        Assert.True(network.Extract(images).eq(x).all().item<bool>());
    }

    [Fact]
    public void Large_digits_have_the_features_of_their_averages()
    {
        using var scope = NewDisposeScope();
        using var network = FeatureNetworks.Open("digits", trustCode: false);
        using var generator = new Generator(0);
        var images = rand([5, 1, 28, 28], generator: generator) * 2 - 1;
        var large = network.Extract(images);
        Assert.Equal([5, 64], large.shape);
        Assert.True(allclose(large, network.Extract(avg_pool2d(images, 2)), 1e-4, 1e-4));
        Assert.False(large.requires_grad);
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

    [Theory]
    [InlineData(1, "grey images [N, 1, H, W]", 3)]
    [InlineData(3, "RGB images [N, 3, H, W]", 1)]
    public void Images_of_other_channels_are_refused(int channels, string expected, int given)
    {
        using var network = new ClassifierFeatures(Classifier(new(channels, 8, 4, 5, 2)), CPU, "", new Dictionary<string, string>());
        using var images = zeros(1, given, 14, 14);
        var message = Assert.Throws<DisBackException>(() => network.Extract(images)).Message;
        Assert.Contains(expected, message);
        Assert.Contains($"[1, {given}, 14, 14]", message);
        using var flat = zeros(channels, 14, 14);
        Assert.Contains($"[{channels}, 14, 14]", Assert.Throws<DisBackException>(() => network.Extract(flat)).Message);
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(14, 3)]
    [InlineData(32, 4)]
    [InlineData(33, 5)]
    [InlineData(64, 5)]
    public void A_classifier_works_at_any_resolution_and_comes_back_from_its_file(int resolution, int convolutions)
    {
        using var scope = NewDisposeScope();
        var settings = new ClassifierSettings(3, resolution, 4, 5, 2);
        using var classifier = Classifier(settings);
        Assert.Equal(2 * convolutions + 4, classifier.parameters().Count());
        var path = Save(classifier, settings.ToMetadata());
        using var network = FeatureNetworks.Open(path, trustCode: false);
        var images = FeatureOracle.Fill([3, 3, resolution, resolution], "images", u => u);
        Assert.Equal([3, 5], network.Extract(images).shape);
        Assert.True(network.Extract(images).eq(classifier.features(images)).all().item<bool>());
    }

    [Theory]
    [InlineData("resolution", "2000000000", "resolution is 2000000000: only 4 to 1024")]
    [InlineData("resolution", "3", "resolution is 3")]
    [InlineData("width", "99999", "width is 99999")]
    [InlineData("features", "0", "features is 0")]
    [InlineData("classes", "1", "classes is 1")]
    [InlineData("channels", "2", "2 channels")]
    [InlineData("width", "-4", "no whole number as width")]
    [InlineData("width", "4e2", "no whole number as width")]
    [InlineData("width", "99999999999", "no whole number as width")]
    [InlineData("width", null, "no whole number as width")]
    // Possible, but not the size of the tensors: compared with the header, before a gigabyte is allocated.
    [InlineData("features", "16384", "'features_weight'")]
    public void Metadata_out_of_bounds_are_refused(string key, string? value, string expected)
    {
        var settings = new ClassifierSettings(1, 8, 4, 5, 2);
        using var classifier = Classifier(settings);
        var metadata = new Dictionary<string, string>(settings.ToMetadata());
        metadata.Remove(key);
        if (value is not null)
        {
            metadata[key] = value;
        }
        var path = Save(classifier, metadata);
        Assert.Contains(expected, Assert.Throws<DisBackException>(() => FeatureNetworks.Open(path, trustCode: false)).Message);
    }

    [Fact]
    public void Weights_that_are_not_finite_are_refused_by_their_name()
    {
        var settings = new ClassifierSettings(1, 8, 4, 5, 2);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var classifier = Classifier(settings);
        classifier.named_parameters().Single(p => p.name == "conv2_bias").parameter[1] = float.NaN;
        var path = Save(classifier, settings.ToMetadata());
        Assert.Contains("'conv2_bias'", Assert.Throws<DisBackException>(() => FeatureNetworks.Open(path, trustCode: false)).Message);
    }

    private static ImageClassifier Classifier(ClassifierSettings settings)
    {
        using var init = new Generator(0);
        return ImageClassifier.Draw(settings, init);
    }

    private string Save(ImageClassifier classifier, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var path = Path.Combine(_folder, "classifier.safetensors");
        SafetensorsFile.Write(
            path, [.. classifier.named_parameters().Select(p => (p.name, (Tensor)p.parameter))], new Dictionary<string, string>(metadata));
        return path;
    }
}
