using DisBack.Diffusion.Features;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Features;

public sealed class InceptionV3Tests : IDisposable
{
    private const int Divisor = 16;

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-inception-").FullName;

    private string File => Path.Combine(_folder, "weights.safetensors");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_block_the_features_and_the_logits_agree_with_torchvision()
    {
        using var scope = NewDisposeScope();
        var expected = FeatureOracle.Expected("inception");
        using var network = FeatureOracle.Open(File, FeatureOracle.Weights(expected), weights => new InceptionV3(weights, CPU, ""));
        var images = FeatureOracle.Images("inception", expected.GetProperty("images"));
        List<string> seen = [];
        var features = network.Pooled(images, (name, x) =>
        {
            seen.Add(name);
            FeatureOracle.AssertAgrees(expected.GetProperty("blocks").GetProperty(name), x, name);
        });
        Assert.Equal(expected.GetProperty("blocks").EnumerateObject().Select(block => block.Name).Order(), seen.Order());
        FeatureOracle.AssertAgrees(expected.GetProperty("features"), features, "features");
        FeatureOracle.AssertAgrees(expected.GetProperty("logits"), network.Classify(features), "logits");

        // The public file, with what training left in it, is known by its names, and makes the same features.
        using var opened = FeatureNetworks.Open(File, trustCode: false);
        Assert.True(opened.Extract(images).eq(features).all().item<bool>());
    }

    [Fact]
    public void Grey_and_colour_of_any_size_are_taken_and_nothing_is_leaked()
    {
        using var network = Miniature(Tensors());
        using var grey = ones(2, 1, 9, 7);
        using var colour = ones(2, 3, 9, 7);
        network.Extract(grey).Dispose();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var fromGrey = network.Extract(grey))
        using (var fromColour = network.Extract(colour))
        {
            Assert.Equal([2, 2048 / Divisor], fromGrey.shape);
            Assert.Equal(fromGrey.data<float>().ToArray(), fromColour.data<float>().ToArray());
            Assert.Equal(before + 2, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void Images_in_several_passes_have_the_features_that_each_has_alone()
    {
        using var scope = NewDisposeScope();
        using var network = Miniature(Tensors());
        var images = FeatureOracle.Fill([50, 3, 6, 6], "many", u => u);
        var together = network.Extract(images);
        Assert.Equal([50, 2048 / Divisor], together.shape);
        foreach (var i in new[] { 0, 46, 49 })
        {
            Assert.True(allclose(network.Extract(images.narrow(0, i, 1)), together.narrow(0, i, 1), 1e-4, 1e-4));
        }
    }

    [Fact]
    public void Counters_and_the_auxiliary_classifier_are_ignored_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        var tensors = Tensors();
        tensors.Add(("Conv2d_1a_3x3.bn.num_batches_tracked", ones(1, int64)));
        tensors.Add(("AuxLogits.fc.bias", ones(3)));
        Miniature(tensors).Dispose();
        tensors.Add(("Mixed_8a.conv.weight", ones(3)));
        Assert.Contains("'Mixed_8a.conv.weight'", Assert.Throws<DisBackException>(() => Miniature(tensors)).Message);
    }

    [Theory]
    [InlineData("Mixed_6e.branch7x7_2.conv.weight", float.NaN, "'Mixed_6e.branch7x7_2.conv.weight'")]
    [InlineData("Mixed_7c.branch1x1.bn.bias", float.PositiveInfinity, "'Mixed_7c.branch1x1.bn.bias'")]
    [InlineData("fc.weight", float.NaN, "'fc.weight'")]
    [InlineData("Conv2d_1a_3x3.bn.running_var", -1f, "'Conv2d_1a_3x3.bn.running_var' has a negative variance")]
    public void Damaged_weights_are_refused_by_their_name(string name, float value, string expected)
    {
        using var scope = NewDisposeScope();
        var tensors = Tensors();
        tensors.Single(tensor => tensor.Name == name).Value.flatten()[^1] = value;
        Assert.Contains(expected, Assert.Throws<DisBackException>(() => Miniature(tensors)).Message);
    }

    [Fact]
    public void Missing_and_misshapen_tensors_are_refused_by_their_name()
    {
        using var scope = NewDisposeScope();
        var tensors = Tensors();
        tensors.RemoveAll(tensor => tensor.Name == "Mixed_5b.branch1x1.bn.weight");
        Assert.Contains("'Mixed_5b.branch1x1.bn.weight' is missing", Assert.Throws<DisBackException>(() => Miniature(tensors)).Message);
        // torchvision's own Inception has 1000 classes.
        tensors = [.. Tensors().Where(tensor => tensor.Name != "fc.weight"), ("fc.weight", ones(1000, 2048 / Divisor))];
        Assert.Contains("'fc.weight'", Assert.Throws<DisBackException>(() => Miniature(tensors)).Message);
    }

    [Fact]
    public void Images_of_another_shape_or_with_NaN_are_refused()
    {
        using var scope = NewDisposeScope();
        using var network = Miniature(Tensors());
        Assert.Contains("[1, 2, 8, 8]", Assert.Throws<DisBackException>(() => network.Extract(zeros(1, 2, 8, 8))).Message);
        Assert.Contains("[3, 8, 8]", Assert.Throws<DisBackException>(() => network.Extract(zeros(3, 8, 8))).Message);
        // As bytes, NaN and infinity would be pixels like others.
        Assert.Contains("not finite", Assert.Throws<DisBackException>(() => network.Extract(full(1, 3, 8, 8, float.NaN))).Message);
        Assert.Contains("not finite", Assert.Throws<DisBackException>(() => network.Extract(full(1, 3, 8, 8, float.PositiveInfinity))).Message);
    }

    private static List<(string Name, Tensor Value)> Tensors() => FeatureOracle.Weights(FeatureOracle.Expected("inception"), Divisor);

    private InceptionV3 Miniature(List<(string Name, Tensor Value)> tensors) =>
        FeatureOracle.Open(File, tensors, weights => new InceptionV3(weights, CPU, "", Divisor));
}
