using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Pictures;

/// <summary>
/// Small pictures of SDXL's latents without its decoder: each of their four channels stands for a mixture of colours, so one linear map shows what is where.
/// </summary>
public static class LatentPreview
{
    /// <summary>Red, green and blue of each channel, as ComfyUI publishes them for SDXL's autoencoder.</summary>
    private static readonly float[,] s_colours =
    {
        { 0.3920f, 0.4054f, 0.4549f },
        { -0.2634f, -0.0196f, 0.0653f },
        { 0.0568f, 0.1687f, -0.0755f },
        { -0.3112f, -0.2359f, -0.2076f },
    };

    /// <summary>How samples of a network become pictures; null where they are pictures.</summary>
    public static Func<Tensor, Tensor>? For(NetworkSettings network) => network is TextUnetSettings { LatentChannels: 4 } ? Draw : null;

    /// <summary>Pictures [B,3,h,w] in [-1, 1] of latents [B,4,h,w], one pixel for each.</summary>
    public static Tensor Draw(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var colours = tensor(s_colours, device: latents.device);
        return einsum("bchw,cr->brhw", latents.to(float32), colours).clamp_(-1, 1).MoveToOuterDisposeScope();
    }
}
