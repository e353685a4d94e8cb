using System.Text.Json;
using DisBack.Diffusion.Features;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Features;

public sealed class Vgg16Tests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-vgg-").FullName;

    private string File => Path.Combine(_folder, "weights.safetensors");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_miniature_agrees_with_torchvision()
    {
        using var scope = NewDisposeScope();
        var expected = Case(divisor: 8);
        using var network = Miniature(FeatureOracle.Weights(expected));
        FeatureOracle.AssertAgrees(
            expected.GetProperty("features"), network.Extract(FeatureOracle.Images("vgg", expected.GetProperty("images"))), "features");
    }

    [Fact, Trait("Length", "Long")]
    public void The_whole_network_agrees_with_torchvision_and_is_known_by_its_names()
    {
        using var scope = NewDisposeScope();
        var expected = Case(divisor: 1);
        var tensors = FeatureOracle.Weights(expected);
        tensors.Add(("classifier.6.weight", zeros(1000, 4096)));
        FeatureOracle.Open(File, tensors, _ => 0);
        tensors.ForEach(tensor => tensor.Value.Dispose());
        using var network = FeatureNetworks.Open(File, trustCode: false);
        FeatureOracle.AssertAgrees(
            expected.GetProperty("features"), network.Extract(FeatureOracle.Images("vgg", expected.GetProperty("images"))), "features");
    }

    [Fact]
    public void Damaged_and_unknown_tensors_are_refused_by_their_name()
    {
        using var scope = NewDisposeScope();
        var tensors = FeatureOracle.Weights(Case(divisor: 8));
        tensors.Single(tensor => tensor.Name == "features.28.weight").Value.flatten()[0] = float.NegativeInfinity;
        Assert.Contains("'features.28.weight'", Assert.Throws<DisBackException>(() => Miniature(tensors)).Message);
        tensors = FeatureOracle.Weights(Case(divisor: 8));
        tensors.Add(("features.1.running_mean", ones(64)));
        Assert.Contains("'features.1.running_mean'", Assert.Throws<DisBackException>(() => Miniature(tensors)).Message);
    }

    [Fact]
    public void Images_of_another_shape_are_refused()
    {
        using var scope = NewDisposeScope();
        using var network = Miniature(FeatureOracle.Weights(Case(divisor: 8)));
        Assert.Contains("VGG16 takes grey or RGB", Assert.Throws<DisBackException>(() => network.Extract(zeros(1, 4, 8, 8))).Message);
    }

    private static JsonElement Case(int divisor) =>
        FeatureOracle.Expected("vgg").EnumerateArray().Single(network => network.GetProperty("divisor").GetInt32() == divisor);

    private Vgg16 Miniature(List<(string Name, Tensor Value)> tensors) => FeatureOracle.Open(File, tensors, weights => new Vgg16(weights, CPU, "", 8));
}
