using DisBack.Diffusion.TextToImage.Layers;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.TextToImage.Layers;

/// <summary>Networks of any size can be described without memory for them.</summary>
public sealed class PlacementTests
{
    [Fact]
    public void A_network_of_shapes_alone_has_names_and_takes_no_memory()
    {
        using var layer = new Linear(1 << 20, 1 << 20, Placement.Shapes);

        Assert.Equal(["weight", "bias"], layer.named_parameters().Select(parameter => parameter.name));
        Assert.Equal((1L << 40) + (1L << 20), layer.parameters().Sum(parameter => parameter.numel()));
    }

    [Fact]
    public void A_layer_keeps_its_parameters_in_the_type_it_is_given()
    {
        using var layer = new Linear(2, 3, new Placement(CPU, ScalarType.BFloat16), bias: false);

        Assert.Equal(ScalarType.BFloat16, layer.parameters().Single().dtype);
    }
}
