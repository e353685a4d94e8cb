using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Configuration;

namespace DisBack.Sdxl.Tests.Configuration;

/// <summary>The settings of a text encoder are understood in full or refused.</summary>
public sealed class TextEncoderConfigTests
{
    private static readonly string s_folder = OracleFiles.PathOf("sdxl", "mini");

    [Fact]
    public void The_first_encoder_has_no_projection_and_the_second_has()
    {
        Assert.Equal(new(1024, 77, 24, 96, 4, 3, TextActivation.QuickGelu, 1e-5, ProjectionWidth: null), Read("text_encoder"));
        Assert.Equal(new(1024, 77, 40, 160, 5, 5, TextActivation.Gelu, 1e-5, ProjectionWidth: 32), Read("text_encoder_2"));
    }

    [Theory]
    [InlineData("\"CLIPTextModel\"", "\"T5EncoderModel\"", "'config.json' is of a 'T5EncoderModel'")]
    [InlineData("quick_gelu", "relu", "'hidden_act' of 'config.json' is 'relu'")]
    [InlineData("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 0", "'num_hidden_layers' of 'config.json' should be 1 to 128")]
    [InlineData("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 65535", "'num_hidden_layers' of 'config.json' should be 1 to 128")]
    [InlineData("\"vocab_size\": 1024", "\"vocab_size\": 2147483647", "'vocab_size' of 'config.json' should be 1 to 1048576")]
    [InlineData("1e-05", "1e309", "which is no number above 0")]
    [InlineData("1e-05", "0", "which is no number above 0")]
    [InlineData("\"num_attention_heads\": 3", "\"num_attention_heads\": 5", "is 5, which does not divide 'hidden_size', 24")]
    [InlineData("\"dropout\"", "\"use_rotary\"", "'use_rotary'")]
    [InlineData("clip_text_model", "t5", "'model_type'")]
    public void What_this_build_cannot_compute_is_refused(string intact, string other, string expected)
    {
        var json = File.ReadAllText(Path.Combine(s_folder, "text_encoder", "config.json")).Replace(intact, other, StringComparison.Ordinal);

        Assert.Contains(expected, Assert.Throws<DisBackException>(() => TextEncoderConfig.Read(ConfigReader.Parse(json, "config.json"))).Message,
            StringComparison.Ordinal);
    }

    private static TextEncoderConfig Read(string encoder) => TextEncoderConfig.Read(ConfigReader.Open(Path.Combine(s_folder, encoder, "config.json")));
}
