using DisBack.Diffusion.TextToImage.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>One level of the encoder.</summary>
internal sealed class DownBlock : nn.Module
{
    private readonly ModuleList<ResidualBlock> resnets;
    private readonly ModuleList<Downsampler> downsamplers;

    public DownBlock(int in_channels, int out_channels, int layers, int groups, bool downsample, Placement placement)
        : base(nameof(DownBlock))
    {
        resnets = new([.. Enumerable.Range(0, layers)
            .Select(layer => new ResidualBlock(layer == 0 ? in_channels : out_channels, out_channels, groups, placement))]);
        downsamplers = new(downsample ? [new Downsampler(out_channels, placement)] : []);
        RegisterComponents();
    }

    /// <summary>[B,C_in,H,W] to [B,C_out,H/2,W/2], or without a downsampler [B,C_out,H,W].</summary>
    public Tensor forward(Tensor x) => AutoencoderBlocks.Through(
        [.. resnets.Select(resnet => (Func<Tensor, Tensor>)resnet.forward), .. downsamplers.Select(sampler => (Func<Tensor, Tensor>)sampler.forward)], x);
}
