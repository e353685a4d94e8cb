using System.Text.Json.Nodes;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Configuration;

namespace DisBack.Sdxl.Tests.Configuration;

/// <summary>The noise of a model is what its file says, or the file is refused.</summary>
public sealed class SchedulerConfigTests
{
    private static readonly string s_file = OracleFiles.PathOf("sdxl", "mini/scheduler/scheduler_config.json");

    [Fact]
    public void The_file_of_a_model_is_read() =>
        Assert.Equal(new SchedulerConfig(0.00085, 0.012, 1000, TimestepSpacing.Leading, 1), SchedulerConfig.Read(ConfigReader.Open(s_file)));

    [Fact]
    public void Absent_settings_of_the_grid_are_those_of_diffusers() => Assert.Equal(
        new SchedulerConfig(0.00085, 0.012, 1000, TimestepSpacing.Linspace, 0),
        SchedulerConfig.Read(ConfigReader.Parse("""{"beta_start":0.00085,"beta_end":0.012,"beta_schedule":"scaled_linear"}""", "config.json")));

    [Theory]
    [InlineData("prediction_type", "\"v_prediction\"", "'prediction_type' of 'config.json' is \"v_prediction\"")]
    [InlineData("use_karras_sigmas", "true", "'use_karras_sigmas' of 'config.json' is true")]
    [InlineData("rescale_betas_zero_snr", "true", "'rescale_betas_zero_snr' of 'config.json' is true")]
    [InlineData("trained_betas", "[0.1]", "'trained_betas' of 'config.json' is [0.1]")]
    [InlineData("beta_schedule", "\"linear\"", "knows only \"scaled_linear\"")]
    [InlineData("beta_schedule", "null", "'beta_schedule' of the scheduler is \"linear\"")]
    [InlineData("timestep_spacing", "\"uniform\"", "is \"uniform\"")]
    [InlineData("beta_end", "1.5", "rise from above 0 to below 1")]
    [InlineData("beta_start", "0.5", "rise from above 0 to below 1")]
    [InlineData("num_train_timesteps", "2000000000", "over 2 to 100,000 steps")]
    [InlineData("steps_offset", "1000", "with an offset within them")]
    public void What_would_be_other_noise_is_refused(string key, string value, string expected)
    {
        var settings = JsonNode.Parse(File.ReadAllText(s_file))!;
        settings[key] = JsonNode.Parse(value);

        var error = Assert.Throws<DisBackException>(() => SchedulerConfig.Read(ConfigReader.Parse(settings.ToJsonString(), "config.json")));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
