using DisBack.Diffusion.Schedules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Schedules;

/// <summary>A network that predicts perfectly gives the clean image, whatever it is that it predicts.</summary>
public sealed class PredictionTests
{
    public static TheoryData<string> Kinds => ["denoiser", "epsilon", "scaled score", "velocity", "edm"];

    [Theory, MemberData(nameof(Kinds))]
    public void A_perfect_prediction_is_the_clean_image(string kind)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor image = randn([4, 3, 2, 5], generator: generator), noise = randn([4, 3, 2, 5], generator: generator);
        var sigma = tensor([0.01f, 0.5f, 3f, 80f]).view(4, 1, 1, 1);
        var x = image + sigma * noise;
        // alpha and sigma of the variance preserving sample alpha x.
        Tensor alpha = (sigma.square() + 1).rsqrt(), vp = sigma * alpha;
        var (prediction, f) = kind switch
        {
            "denoiser" => (Prediction.Denoiser, image),
            "epsilon" => (Prediction.Epsilon, noise),
            "scaled score" => (Prediction.ScaledScore, -noise),
            "velocity" => (Prediction.Velocity, alpha * noise - vp * image),
            _ => (Prediction.Edm(0.5), (image - 0.25f / (sigma.square() + 0.25f) * x) / (sigma * 0.5f * (sigma.square() + 0.25f).rsqrt())),
        };
        var (skip, scale) = prediction.At(sigma);
        var denoised = (skip is null ? x : skip * x) + scale * f;
        Assert.True(denoised.allclose(image, rtol: 1e-3, atol: 1e-4), kind);
    }
}
