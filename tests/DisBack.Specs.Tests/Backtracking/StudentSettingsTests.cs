using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Tests.Backtracking;

/// <summary>A student that cannot be is refused where it is written.</summary>
public sealed class StudentSettingsTests
{
    [Theory]
    [InlineData("{ sigma_init: 2.5, renoise_sigmas: [2.5] }", "must fall from step to step and stay above 0, but 2.5 follows 2.5")]
    [InlineData("{ renoise_sigmas: [0.8, 0.9] }", "but 0.9 follows 0.8")]
    [InlineData("{ renoise_sigmas: [0.8, 0] }", "but 0 follows 0.8")]
    [InlineData("{ renoise_sigmas: [] }", "renoise_sigmas")]
    [InlineData("{ renoise_sigmas: [.nan] }", "renoise_sigmas")]
    [InlineData("{ timesteps: [399, 399] }", "the time steps must fall from step to step")]
    [InlineData("{ timesteps: [499, 749] }", "the time steps must fall from step to step")]
    [InlineData("{ timesteps: [399, -1] }", "none may be below 0")]
    [InlineData("{ timesteps: [] }", "timesteps")]
    [InlineData("{ timesteps: [399], renoise_sigmas: [0.8] }", "timesteps name the levels of all steps; leave renoise_sigmas out")]
    [InlineData("{ decoder: {}, timesteps: [399] }", "decoder is the whole student; leave it or timesteps out")]
    [InlineData("{ decoder: {}, renoise_sigmas: [0.8] }", "decoder is the whole student; leave it or renoise_sigmas out")]
    [InlineData("{ decoder: {}, network: {} }", "decoder is the whole student; leave it or network out")]
    [InlineData("{ decoder: { width: 48 } }", "width is 48; it must be a power of two")]
    [InlineData("{ decoder: { latent_dim: 0 } }", "latent_dim")]
    [InlineData("{ flow: {}, decoder: {} }", "decoder is the whole student; leave it or flow out")]
    [InlineData("{ decoder: {}, weights: a.bin }", "decoder is the whole student; leave it or weights out")]
    [InlineData("{ flow: {}, network: {} }", "flow is the whole student; leave it or network out")]
    [InlineData("{ flow: {} }", "student.flow and the host discriminator-flow need each other")]
    public void What_cannot_be_is_refused(string student, string why)
    {
        var error = Assert.Throws<SpecException>(() => SpecReader.Parse<ExperimentSpec>($"name: a\nteacher: t\nstudent: {student}\n", "spec"));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ renoise_sigmas: [0.8, 0.2] }")]
    [InlineData("{ timesteps: [999, 749, 499, 249] }")]
    [InlineData("{ timesteps: [399], weights: SDXL_DMD2.bin }")]
    [InlineData("{ network: {}, renoise_sigmas: [0.8] }")]
    [InlineData("{ decoder: { latent_dim: 16, width: 64 } }")]
    public void What_can_be_is_read(string student) => SpecReader.Parse<ExperimentSpec>($"name: a\nteacher: t\nstudent: {student}\n", "spec");
}
