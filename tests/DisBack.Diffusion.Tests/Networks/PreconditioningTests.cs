using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Schedules;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Networks;

/// <summary>The coefficients of Karras et al. 2022, Table 1, at known noise levels.</summary>
public sealed class PreconditioningTests
{
    [Theory]
    [InlineData(0.002, 0.999984, 0.00199998, 1.99998, -1.55365, 250004)]
    [InlineData(1.0, 0.2, 0.447214, 0.894427, 0, 5)]
    [InlineData(2.5, 0.0384615, 0.49029, 0.392232, 0.229073, 4.16)]
    [InlineData(80, 3.9061e-05, 0.49999, 0.0124998, 1.09551, 4.00016)]
    public void EDM_has_the_tabulated_coefficients(double sigma, double skip, double output, double input, double noise, double weight)
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create(Preconditioning.Edm);
        var level = full([1, 1, 1, 1], (float)sigma);
        var (c_skip, c_out) = denoiser.Prediction.At(level);
        AssertSixDigits(skip, c_skip!);
        AssertSixDigits(output, c_out);
        AssertSixDigits(input, denoiser.Schedule.InputScale(level)!);
        AssertSixDigits(noise, denoiser.Schedule.Time(level));
        AssertSixDigits(weight, DenoisingLoss.Weight(denoiser, level));
    }

    [Fact]
    public void VP_inverts_its_own_noise_schedule()
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create(Preconditioning.Vp);
        var t = linspace(0.01, 1, 50, ScalarType.Float32).reshape(-1, 1, 1, 1);
        var noise = denoiser.Schedule.Time(VpSchedule.SigmaAt(t, 19.9, 0.1));
        Assert.True(noise.allclose(t * 999, rtol: 1e-4));
        Assert.Equal(Math.Sqrt(Math.Exp(0.5 * 19.9 + 0.1) - 1), denoiser.Schedule.SigmaMax, 1e-9);
    }

    [Fact]
    public void IDDPM_snaps_to_its_table()
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create(Preconditioning.Iddpm);
        var table = denoiser.get_buffer("u")!;
        Assert.Equal([1001], table.shape);
        Assert.Equal(0, table[1000].item<float>());
        Assert.True((table[TensorIndex.Slice(0, 1000)] > table[TensorIndex.Slice(1)]).all().item<bool>());
        var snapped = denoiser.Schedule.Round(table[TensorIndex.Slice(10, 20)].to(ScalarType.Float64) * 1.0001);
        Assert.True(snapped.to(ScalarType.Float32).Equals(table[TensorIndex.Slice(10, 20)]));
        Assert.Equal(999 - 10, denoiser.Schedule.Time(table[10].reshape(1, 1, 1, 1)).item<float>());
    }

    [Fact]
    public void VE_supports_the_levels_it_was_made_for()
    {
        using var denoiser = Create(Preconditioning.Ve);
        Assert.Equal((0.02, 100), (denoiser.Schedule.SigmaMin, denoiser.Schedule.SigmaMax));
        using var edm = Create(Preconditioning.Edm);
        Assert.Equal((0, double.PositiveInfinity), (edm.Schedule.SigmaMin, edm.Schedule.SigmaMax));
    }

    private static void AssertSixDigits(double expected, Tensor actual) =>
        Assert.InRange(actual.item<float>(), expected - Math.Abs(expected) * 5e-6 - 1e-9, expected + Math.Abs(expected) * 5e-6 + 1e-9);

    private static Denoiser Create(Preconditioning precond)
    {
        using var init = new Generator(1);
        return Denoiser.Create(new SongUnetSettings
        {
            Precond = precond,
            ImgResolution = 8,
            ModelChannels = 8,
            ChannelMult = [1],
            NumBlocks = 1,
            AttnResolutions = [],
            Dropout = 0,
        }, init);
    }
}
