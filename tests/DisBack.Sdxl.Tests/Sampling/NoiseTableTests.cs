using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Sampling;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Sampling;

/// <summary>Noise is what SDXL was trained with.</summary>
public sealed class NoiseTableTests
{
    private readonly NoiseTable _table = new(SamplerOracle.Config());

    [Fact]
    public void Alpha_bar_is_the_table_of_float64()
    {
        using var scope = NewDisposeScope();
        using var oracle = new SamplerOracle();
        var expected = oracle["alphas_cumprod"].data<double>().ToArray();

        Assert.Equal(1000, _table.Steps);
        Assert.All(expected, (alphaBar, t) => Assert.Equal(alphaBar, _table.AlphaBar(t), 1e-13));
        Assert.Equal((0.652753, 0.757571), (Math.Round(Math.Sqrt(_table.AlphaBar(399)), 6), Math.Round(Math.Sqrt(1 - _table.AlphaBar(399)), 6)));
    }

    [Fact]
    public void Samples_are_noised_and_cleaned_as_in_diffusers()
    {
        using var scope = NewDisposeScope();
        using var oracle = new SamplerOracle();
        var timesteps = oracle["noise.timesteps"].data<long>().ToArray();
        for (var i = 0; i < timesteps.Length; i++)
        {
            var t = (int)timesteps[i];
            OracleFiles.AssertAgrees(oracle["noise.xt"][i], _table.Noised(oracle["noise.x0"][i], oracle["noise.eps"][i], t), $"x_{t}");
            OracleFiles.AssertAgrees(oracle["noise.x0_hat"][i], _table.Clean(oracle["noise.xt"][i], oracle["noise.eps_hat"][i], t), $"x_0 of x_{t}");
        }
    }

    [Fact]
    public void Between_two_time_steps_sigma_is_on_a_straight_line()
    {
        Assert.Equal((_table.Sigma(10) * 3 + _table.Sigma(11)) / 4, _table.Sigma(10.25), 12);
        Assert.Equal(14.6146, _table.Sigma(999), 4);
    }
}
