using DisBack.Diffusion.Schedules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Schedules;

/// <summary>Stable Diffusion's table of noise levels, and the integer times that a network is told.</summary>
public sealed class DiscreteVpScheduleTests
{
    private static readonly double[] s_alphaBar = DiscreteVpSchedule.ScaledLinear(0.00085, 0.012, 1000);

    /// <summary>Values of <c>alphas_cumprod</c> of the SDXL scheduler, computed in float64 by other code.</summary>
    [Theory]
    [InlineData(0, 0.99915)]
    [InlineData(399, 0.426086363602332)]
    [InlineData(999, 0.004660098513077241)]
    public void The_scaled_linear_table_is_that_of_SDXL(int index, double expected) => Assert.Equal(expected, s_alphaBar[index], 1e-12);

    [Fact]
    public void A_level_of_the_table_is_told_as_its_index_and_scales_the_sample_to_unit_variance()
    {
        using var scope = NewDisposeScope();
        var schedule = DiscreteVpSchedule.OfAlphaBar(s_alphaBar);
        var sigma = schedule.Sigmas[399].reshape(1, 1, 1, 1);
        Assert.Equal(399, schedule.Time(sigma).item<float>());
        Assert.Equal(Math.Sqrt(s_alphaBar[399]), schedule.InputScale(sigma).item<float>(), 1e-6);
        Assert.True(schedule.Round(sigma * 1.0001).Equals(sigma));
        Assert.Equal(
            (Math.Sqrt(1 / s_alphaBar[0] - 1), Math.Sqrt(1 / s_alphaBar[999] - 1)),
            (schedule.SigmaMin, schedule.SigmaMax),
            (a, b) => Near(a.Item1, b.Item1) && Near(a.Item2, b.Item2));

        static bool Near(double a, double b) => Math.Abs(a - b) <= 1e-5 * Math.Abs(a);
    }
}
