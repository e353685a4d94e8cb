using DisBack.Diffusion.TextToImage.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>The blocks at the lowest resolution: residual, attention, residual.</summary>
internal sealed class MidBlock : nn.Module
{
    private readonly ModuleList<PixelAttention> attentions;
    private readonly ModuleList<ResidualBlock> resnets;

    public MidBlock(int channels, int groups, Placement placement)
        : base(nameof(MidBlock))
    {
        attentions = new(new PixelAttention(channels, groups, placement));
        resnets = new(new ResidualBlock(channels, channels, groups, placement), new ResidualBlock(channels, channels, groups, placement));
        RegisterComponents();
    }

    /// <summary>[B,C,H,W] to the same.</summary>
    public Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return resnets[1].forward(attentions[0].forward(resnets[0].forward(x))).MoveToOuterDisposeScope();
    }
}
