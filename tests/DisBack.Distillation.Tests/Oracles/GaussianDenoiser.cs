using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Schedules;
using DisBack.Specs.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Oracles;

/// <summary>
/// The exact denoiser of independent Gaussians, one for each pixel of a 4 x 4 image, with their means and the logarithms of their variances as its weights: a
/// sample's posterior mean, m + v / (v + sigma^2) (x - m).
/// </summary>
internal sealed class GaussianDenoiser : Denoiser
{
    public const int Resolution = 4;

    /// <summary>Features for a discriminator, in groups of eight as its normalisation wants them.</summary>
    private const int Copies = 4;

    private readonly Parameter _mean;
    private readonly Parameter _logVariance;

    /// <param name="mean">Means [1,4,4]; copied.</param>
    /// <param name="std">Standard deviations [1,4,4].</param>
    public GaussianDenoiser(Tensor mean, Tensor std)
        : base(new SongUnetSettings { ImgResolution = Resolution, ImgChannels = 1, Dropout = 0 }, new EdmSchedule(0.5))
    {
        using var untracked = no_grad();
        _mean = (Parameter)new Parameter(mean.clone()).DetachFromDisposeScope();
        _logVariance = (Parameter)new Parameter(std.square().log()).DetachFromDisposeScope();
        register_parameter("mean", _mean);
        register_parameter("log_variance", _logVariance);
    }

    public Tensor Mean => _mean.detach();

    public Tensor Std => _logVariance.detach().exp().sqrt();

    public override Prediction Prediction => Prediction.Edm(0.5);

    /// <summary>Mean and standard deviation of what it makes in one step from noise alone, for it is linear.</summary>
    public (Tensor Mean, Tensor Std) Generated(double sigma)
    {
        var share = Std.square() / (Std.square() + sigma * sigma);
        return (Mean * (1 - share), share * sigma);
    }

    private protected override Tensor Estimate(NoisyBatch batch)
    {
        var variance = _logVariance.exp();
        return _mean + variance / (variance + batch.Sigma.reshape(-1, 1, 1, 1).square()) * (batch.X - _mean);
    }

    private protected override Tensor Encode(NoisyBatch batch)
    {
        var x = batch.X / (batch.Sigma.reshape(-1, 1, 1, 1).square() + 1).sqrt();
        return cat([x, x.square()], dim: 1).repeat(1, Copies, 1, 1);
    }
}
