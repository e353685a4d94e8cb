using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Conv2d = DisBack.Diffusion.TextToImage.Layers.Conv2d;
using GroupNorm = DisBack.Diffusion.TextToImage.Layers.GroupNorm;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>From features of latents to pictures.</summary>
internal sealed class Decoder : nn.Module
{
    private readonly Conv2d conv_in;
    private readonly MidBlock mid_block;
    private readonly ModuleList<UpBlock> up_blocks;
    private readonly GroupNorm conv_norm_out;
    private readonly Conv2d conv_out;

    public Decoder(AutoencoderConfig config, Placement placement)
        : base(nameof(Decoder))
    {
        var (channels, groups) = (config.Channels.Reverse().ToArray(), config.Groups);
        conv_in = new(config.LatentChannels, channels[0], 3, placement, padding: 1);
        mid_block = new(channels[0], groups, placement);
        // One residual block more than a level of the encoder has.
        up_blocks = new([.. channels.Select((width, level) => new UpBlock(
            channels[Math.Max(level - 1, 0)], width, config.LayersPerBlock + 1, groups, upsample: level < channels.Length - 1, placement))]);
        conv_norm_out = new(groups, channels[^1], AutoencoderBlocks.Epsilon, placement);
        conv_out = new(channels[^1], 3, 3, placement, padding: 1);
        RegisterComponents();
    }

    /// <summary>[B,latent channels,h,w] to [B,3,8h,8w].</summary>
    public Tensor forward(Tensor x) => AutoencoderBlocks.Through(
        [
            conv_in.forward,
            mid_block.forward,
            .. up_blocks.Select(block => (Func<Tensor, Tensor>)block.forward),
            h => AutoencoderBlocks.Convolved(conv_norm_out, conv_out, h),
        ],
        x);
}
