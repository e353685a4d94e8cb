using System.Text.Json.Nodes;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Configuration;

namespace DisBack.Sdxl.Tests.Configuration;

/// <summary>A UNet is built from all that its file says, or not at all.</summary>
public sealed class UNetConfigTests
{
    [Fact]
    public void SDXL_s_own_settings_are_read()
    {
        var config = SdxlConfigs.UNet;

        Assert.Equal([new(320, 5, 0), new(640, 10, 2), new(1280, 20, 10)], config.Levels);
        Assert.Equal((128, 4, 2, 10), (config.SampleSize, config.LatentChannels, config.LayersPerBlock, config.MiddleDepth));
        Assert.Equal((2048, 256, 1280, 1280), (config.ContextWidth, config.TimeIdWidth, config.PooledWidth, config.EmbeddingWidth));
        Assert.Equal((32, 1e-5), (config.NormGroups, config.NormEpsilon));
    }

    [Fact]
    public void The_file_of_a_model_folder_is_read()
    {
        var config = UNetConfig.Read(ConfigReader.Open(Path.Combine(OracleFiles.PathOf("sdxl", "mini"), "unet", "config.json")));

        Assert.Equal([new(8, 1, 0), new(16, 2, 2), new(24, 3, 3)], config.Levels);
        Assert.Equal((64, 32), (config.ContextWidth, config.PooledWidth));
    }

    [Theory]
    [InlineData("class_embed_type", "\"timestep\"", "no such setting")]
    [InlineData("center_input_sample", "true", "only false")]
    [InlineData("act_fn", "\"gelu\"", "only \"silu\"")]
    [InlineData("num_attention_heads", "8", "no such setting")]
    [InlineData("up_block_types", "[\"UpBlock2D\",\"UpBlock2D\",\"UpBlock2D\"]", "the mirror image of down_block_types")]
    [InlineData("down_block_types", "[\"DownBlock2D\"]", "one DownBlock2D or CrossAttnDownBlock2D per level")]
    [InlineData("down_block_types", "[\"DownBlock2D\",\"AttnDownBlock2D\",\"DownBlock2D\"]", "one DownBlock2D or CrossAttnDownBlock2D per level")]
    [InlineData("in_channels", "9", "as many as in_channels")]
    [InlineData("block_out_channels", "[320,640,1281]", "multiples of norm_groups (32)")]
    [InlineData("block_out_channels", "[320,640,1280000]", "multiples of norm_groups (32) up to 65536")]
    [InlineData("attention_head_dim", "[5,10,21]", "divisors of their channels")]
    [InlineData("attention_head_dim", "[5,10,0]", "divisors of their channels")]
    [InlineData("transformer_layers_per_block", "[1,2,1000]", "MiddleDepth")]
    [InlineData("layers_per_block", "0", "LayersPerBlock")]
    [InlineData("layers_per_block", "9", "at most 256 are built")]
    [InlineData("transformer_layers_per_block", "[1,2,64]", "at most 256 are built")]
    [InlineData("norm_eps", "1e309", "NormEpsilon")]
    [InlineData("norm_eps", "0", "NormEpsilon")]
    [InlineData("projection_class_embeddings_input_dim", "1536", "6 times it is below projection_class_embeddings_input_dim")]
    [InlineData("cross_attention_dim", "-1", "ContextWidth")]
    public void What_this_build_does_not_know_is_refused_by_name(string key, string value, string expected)
    {
        var settings = JsonNode.Parse(SdxlConfigs.UNetJson)!.AsObject();
        settings[key] = JsonNode.Parse(value);

        var message = Assert.Throws<DisBackException>(() => UNetConfig.Read(ConfigReader.Parse(settings.ToJsonString(), "config.json"))).Message;

        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("'config.json'", message, StringComparison.Ordinal);
    }
}
