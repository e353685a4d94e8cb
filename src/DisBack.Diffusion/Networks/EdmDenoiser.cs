using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>EDM (Karras et al. 2022): inputs and targets of the raw network have unit variance at every noise level.</summary>
internal sealed class EdmDenoiser(NetworkSettings settings, Generator init) : Denoiser(settings, init)
{
    public override double SigmaMin => Settings.SigmaMin ?? 0;

    public override double SigmaMax => Settings.SigmaMax ?? double.PositiveInfinity;

    internal override Preconditioner Coefficients(Tensor sigma)
    {
        var data = Settings.SigmaData;
        var variance = sigma.square().add_(data * data);
        var c_in = variance.rsqrt();
        return new(data * data / variance, sigma * data * c_in, c_in, sigma.log().div_(4));
    }
}
