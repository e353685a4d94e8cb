using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Specs.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>The coarsest resolution, between down and up: [B, C, H, W] to the same.</summary>
internal sealed class MiddleBlock : nn.Module
{
    private readonly ModuleList<SpatialTransformer> attentions;
    private readonly ModuleList<ResidualBlock> resnets;

    public MiddleBlock(TextUnetSettings config, Placement placement)
        : base(nameof(MiddleBlock))
    {
        var (channels, heads, _) = config.Levels[^1];
        attentions = [new(channels, heads, config.MiddleDepth, config.ContextWidth, config.NormGroups, placement)];
        resnets = [.. Enumerable.Range(0, 2).Select(_ => new ResidualBlock(
            channels, channels, config.EmbeddingWidth, config.NormGroups, config.NormEpsilon, placement))];
        RegisterComponents();
    }

    /// <inheritdoc cref="DownBlock.forward" path="/param"/>
    public Tensor forward(Tensor x, Tensor emb, Tensor context)
    {
        using var before = resnets[0].forward(x, emb);
        using var attended = attentions[0].forward(before, context);
        return resnets[1].forward(attended, emb);
    }
}
