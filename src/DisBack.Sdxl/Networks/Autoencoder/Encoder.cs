using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Conv2d = DisBack.Diffusion.TextToImage.Layers.Conv2d;
using GroupNorm = DisBack.Diffusion.TextToImage.Layers.GroupNorm;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>From pictures to features of latents.</summary>
internal sealed class Encoder : nn.Module
{
    private readonly Conv2d conv_in;
    private readonly ModuleList<DownBlock> down_blocks;
    private readonly MidBlock mid_block;
    private readonly GroupNorm conv_norm_out;
    private readonly Conv2d conv_out;

    public Encoder(AutoencoderConfig config, Placement placement)
        : base(nameof(Encoder))
    {
        var (channels, groups) = (config.Channels, config.Groups);
        conv_in = new(3, channels[0], 3, placement, padding: 1);
        down_blocks = new([.. channels.Select((width, level) => new DownBlock(
            channels[Math.Max(level - 1, 0)], width, config.LayersPerBlock, groups, downsample: level < channels.Count - 1, placement))]);
        mid_block = new(channels[^1], groups, placement);
        conv_norm_out = new(groups, channels[^1], AutoencoderBlocks.Epsilon, placement);
        // Mean and log-variance.
        conv_out = new(channels[^1], 2 * config.LatentChannels, 3, placement, padding: 1);
        RegisterComponents();
    }

    /// <summary>[B,3,H,W] to [B,2 * latent channels,H/8,W/8].</summary>
    public Tensor forward(Tensor x) => AutoencoderBlocks.Through(
        [
            conv_in.forward,
            .. down_blocks.Select(block => (Func<Tensor, Tensor>)block.forward),
            mid_block.forward,
            h => AutoencoderBlocks.Convolved(conv_norm_out, conv_out, h),
        ],
        x);
}
