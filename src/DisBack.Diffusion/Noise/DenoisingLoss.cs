using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Noise;

/// <summary>
/// Denoising score matching, <c>weight(sigma) * (D(y + sigma eps; sigma) - y)^2</c> (Karras et al. 2022, Eq. 2). EDM, VP, VE and iDDPM all
/// choose the weight that gives the raw network's error unit weight: 1 / c_out^2, which is 1 / sigma^2 for all but EDM.
/// </summary>
public static class DenoisingLoss
{
    /// <summary>The loss of every pixel [B,C,H,W]; EDM sums them over an image and averages over the batch.</summary>
    /// <param name="denoiser">The network D.</param>
    /// <param name="images">Clean images y [B,C,H,W].</param>
    /// <param name="sigma">Noise levels [B,1,1,1].</param>
    /// <param name="noise">Unit normal noise eps, shaped as the images.</param>
    /// <param name="condition">What the images show, or null.</param>
    /// <param name="augmentLabels">Augmentation labels [B,augment_dim], or null.</param>
    public static Tensor Of(
        Denoiser denoiser, Tensor images, Tensor sigma, Tensor noise, Condition? condition = null, Tensor? augmentLabels = null)
    {
        using var scope = NewDisposeScope();
        var denoised = denoiser.forward(addcmul(images, sigma, noise, 1), sigma, condition, augmentLabels);
        return ((denoised - images).square() * Weight(denoiser, sigma)).MoveToOuterDisposeScope();
    }

    /// <summary>The weight at noise levels [B,1,1,1].</summary>
    public static Tensor Weight(Denoiser denoiser, Tensor sigma)
    {
        using var scope = NewDisposeScope();
        return denoiser.Prediction.At(sigma).Scale.square().reciprocal_().MoveToOuterDisposeScope();
    }
}
