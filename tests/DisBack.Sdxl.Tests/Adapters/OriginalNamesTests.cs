using System.Text.Json;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Adapters;
using DisBack.Sdxl.Tests.Configuration;

namespace DisBack.Sdxl.Tests.Adapters;

/// <summary>The original code's names, which single files and most LoRAs use.</summary>
public sealed class OriginalNamesTests
{
    [Fact]
    public void Every_tensor_of_SDXL_has_its_original_name()
    {
        using var published = JsonDocument.Parse(File.ReadAllText(OracleFiles.PathOf("sdxl", "sdxl-base-tensors.json")));
        var names = new OriginalNames(SdxlConfigs.UNet);

        var expected = published.RootElement.GetProperty("unet").GetProperty("original").EnumerateObject().ToArray();

        Assert.Equal(1680, expected.Length);
        Assert.All(expected, tensor => Assert.Equal(tensor.Value.GetString(), "model.diffusion_model." + names.Of(tensor.Name)));
    }

    [Fact]
    public void What_is_no_module_of_the_UNet_has_no_original_name() =>
        Assert.Throws<ArgumentException>(() => new OriginalNames(SdxlConfigs.UNet).Of("down_blocks.0.attentions.0.proj_in"));
}
