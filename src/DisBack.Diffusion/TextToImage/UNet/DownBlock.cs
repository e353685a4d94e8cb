using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Specs.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>One resolution on the way down.</summary>
internal sealed class DownBlock : nn.Module
{
    private readonly ModuleList<SpatialTransformer> attentions;
    private readonly ModuleList<ResidualBlock> resnets;
    private readonly ModuleList<Downsampler> downsamplers;

    public DownBlock(TextUnetSettings config, int level, Placement placement)
        : base(nameof(DownBlock))
    {
        var (channels, heads, depth) = config.Levels[level];
        var entering = config.Levels[Math.Max(0, level - 1)].Channels;
        attentions = [.. Enumerable.Range(0, depth > 0 ? config.LayersPerBlock : 0)
            .Select(_ => new SpatialTransformer(channels, heads, depth, config.ContextWidth, config.NormGroups, placement))];
        resnets = [.. Enumerable.Range(0, config.LayersPerBlock).Select(layer => new ResidualBlock(
            layer == 0 ? entering : channels, channels, config.EmbeddingWidth, config.NormGroups, config.NormEpsilon, placement))];
        downsamplers = level == config.Levels.Count - 1 ? [] : [new(channels, placement)];
        RegisterComponents();
    }

    /// <summary>Every stage of the features, which the way up joins with its own; the last is where the next level begins.</summary>
    /// <param name="x">Features [B, C, H, W].</param>
    /// <param name="emb">Embedding of time and conditions [B or 1, E].</param>
    /// <param name="context">Token states [B, M, W'].</param>
    public IEnumerable<Tensor> forward(Tensor x, Tensor emb, Tensor context)
    {
        for (var layer = 0; layer < resnets.Count; layer++)
        {
            yield return x = Layer(layer, x, emb, context);
        }
        foreach (var downsampler in downsamplers)
        {
            yield return x = downsampler.forward(x);
        }
    }

    private Tensor Layer(int layer, Tensor x, Tensor emb, Tensor context)
    {
        var h = resnets[layer].forward(x, emb);
        if (attentions.Count == 0)
        {
            return h;
        }
        using (h)
        {
            return attentions[layer].forward(h, context);
        }
    }
}
