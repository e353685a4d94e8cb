using System.Text.Json;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Sdxl.Tests.Configuration;

namespace DisBack.Sdxl.Tests.Networks.UNet;

/// <summary>The network of SDXL's own settings has SDXL's parameters.</summary>
public sealed class UNetShapesTests
{
    [Fact]
    public void Every_name_and_shape_is_that_of_the_published_weights_in_their_order()
    {
        using var network = new ConditionalUNet(SdxlConfigs.UNet, Placement.Shapes);
        using var published = JsonDocument.Parse(File.ReadAllText(OracleFiles.PathOf("sdxl", "sdxl-base-tensors.json")));

        Assert.Equal(
            published.RootElement.GetProperty("unet").GetProperty("shapes").EnumerateObject()
                .Select(tensor => $"{tensor.Name} [{string.Join(',', tensor.Value.EnumerateArray())}]"),
            network.named_parameters().Select(entry => $"{entry.name} [{string.Join(',', entry.parameter.shape)}]"));
    }

    [Theory]
    [InlineData("", 2_567_463_684)]
    [InlineData("down_blocks.0.", 5_432_000)]
    [InlineData("down_blocks.1.", 60_105_600)]
    [InlineData("down_blocks.2.", 757_404_160)]
    [InlineData("mid_block.", 413_117_440)]
    [InlineData("up_blocks.0.", 1_206_568_960)]
    [InlineData("up_blocks.1.", 106_343_680)]
    [InlineData("up_blocks.2.", 11_171_840)]
    [InlineData("time_embedding.", 2_050_560)]
    [InlineData("add_embedding.", 5_245_440)]
    [InlineData("conv_in.", 11_840)]
    [InlineData("conv_norm_out.", 640)]
    [InlineData("conv_out.", 11_524)]
    public void Each_part_has_as_many_parameters_as_SDXL(string part, long expected)
    {
        using var network = new ConditionalUNet(SdxlConfigs.UNet, Placement.Shapes);

        Assert.Equal(
            expected,
            network.named_parameters().Where(entry => entry.name.StartsWith(part, StringComparison.Ordinal)).Sum(entry => entry.parameter.numel()));
    }
}
