using DisBack.Diffusion.TextToImage.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>One level of the decoder.</summary>
internal sealed class UpBlock : nn.Module
{
    private readonly ModuleList<ResidualBlock> resnets;
    private readonly ModuleList<Upsampler> upsamplers;

    public UpBlock(int in_channels, int out_channels, int layers, int groups, bool upsample, Placement placement)
        : base(nameof(UpBlock))
    {
        resnets = new([.. Enumerable.Range(0, layers)
            .Select(layer => new ResidualBlock(layer == 0 ? in_channels : out_channels, out_channels, groups, placement))]);
        upsamplers = new(upsample ? [new Upsampler(out_channels, placement)] : []);
        RegisterComponents();
    }

    /// <summary>[B,C_in,H,W] to [B,C_out,2H,2W], or without an upsampler [B,C_out,H,W].</summary>
    public Tensor forward(Tensor x) => AutoencoderBlocks.Through(
        [.. resnets.Select(resnet => (Func<Tensor, Tensor>)resnet.forward), .. upsamplers.Select(sampler => (Func<Tensor, Tensor>)sampler.forward)], x);
}
