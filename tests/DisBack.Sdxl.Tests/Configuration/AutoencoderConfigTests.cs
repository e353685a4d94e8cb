using System.Text.Json.Nodes;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Configuration;

namespace DisBack.Sdxl.Tests.Configuration;

/// <summary>An autoencoder is built as its model says, or not at all.</summary>
public sealed class AutoencoderConfigTests
{
    [Fact]
    public void The_file_of_a_model_is_read()
    {
        var config = AutoencoderConfig.Read(ConfigReader.Open(OracleFiles.PathOf("sdxl", "mini/vae/config.json")));

        Assert.Equal([8, 16, 16, 24], config.Channels);
        Assert.Equal((2, 4, 4, 64, 0.13025, true), (config.LayersPerBlock, config.LatentChannels, config.Groups, config.SampleSize, config.ScalingFactor,
            config.ForceUpcast));
        Assert.Equal(8, config.Reduction);
    }

    [Theory]
    [InlineData("act_fn", "\"gelu\"", "knows only \"silu\"")]
    [InlineData("out_channels", "4", "knows only 3")]
    [InlineData("shift_factor", "0.1", "'shift_factor' of 'config.json' is 0.1")]
    [InlineData("use_quant_conv", "false", "knows only true")]
    [InlineData("down_block_types", """["DownEncoderBlock2D"]""", "'down_block_types' of the autoencoder is [DownEncoderBlock2D]")]
    [InlineData("down_block_types", """["DownEncoderBlock2D","DownEncoderBlock2D",null,"DownEncoderBlock2D"]""", "only DownEncoderBlock2D at each")]
    [InlineData("up_block_types", """["UpDecoderBlock2D","UpDecoderBlock2D","UpDecoderBlock2D","AttnUpDecoderBlock2D"]""", "only UpDecoderBlock2D at each")]
    [InlineData("norm_num_groups", "3", "no multiple of the groups")]
    [InlineData("norm_num_groups", "0", "no multiple of the groups")]
    [InlineData("layers_per_block", "1000", "too large")]
    [InlineData("scaling_factor", "0", "a size that is zero")]
    [InlineData("sample_size", "4", "a size that is zero")]
    public void What_would_be_another_network_is_refused(string key, string value, string expected)
    {
        var settings = JsonNode.Parse(File.ReadAllText(OracleFiles.PathOf("sdxl", "mini/vae/config.json")))!;
        settings[key] = JsonNode.Parse(value);

        var error = Assert.Throws<DisBackException>(() => AutoencoderConfig.Read(ConfigReader.Parse(settings.ToJsonString(), "config.json")));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
