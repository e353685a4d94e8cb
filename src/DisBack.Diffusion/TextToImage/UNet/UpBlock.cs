using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Specs.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>One resolution on the way up.</summary>
internal sealed class UpBlock : nn.Module
{
    private readonly ModuleList<SpatialTransformer> attentions;
    private readonly ModuleList<ResidualBlock> resnets;
    private readonly ModuleList<Upsampler> upsamplers;

    public UpBlock(TextUnetSettings config, int level, Placement placement)
        : base(nameof(UpBlock))
    {
        var levels = config.Levels;
        var (channels, heads, depth) = levels[level];
        // Each stage of the way down is met again, in reverse: the level's own residual blocks, and what they began with.
        var entering = levels[Math.Min(level + 1, levels.Count - 1)].Channels;
        var beginning = levels[Math.Max(level - 1, 0)].Channels;
        attentions = [.. Enumerable.Range(0, depth > 0 ? config.LayersPerBlock + 1 : 0)
            .Select(_ => new SpatialTransformer(channels, heads, depth, config.ContextWidth, config.NormGroups, placement))];
        resnets = [.. Enumerable.Range(0, config.LayersPerBlock + 1).Select(layer => new ResidualBlock(
            (layer == 0 ? entering : channels) + (layer == config.LayersPerBlock ? beginning : channels),
            channels, config.EmbeddingWidth, config.NormGroups, config.NormEpsilon, placement))];
        upsamplers = level == 0 ? [] : [new(channels, placement)];
        RegisterComponents();
    }

    /// <summary>Features of this resolution, or of the next finer one if there is one.</summary>
    /// <param name="x">Features [B, C, H, W], which are disposed of: nobody needs them any longer.</param>
    /// <param name="emb">Embedding of time and conditions [B or 1, E].</param>
    /// <param name="context">Token states [B, M, W'].</param>
    /// <param name="skips">The stages of the way down; those of this level are taken and disposed of.</param>
    public Tensor forward(Tensor x, Tensor emb, Tensor context, Stack<Tensor> skips)
    {
        for (var layer = 0; layer < resnets.Count; layer++)
        {
            x = Layer(layer, Joined(x, skips.Pop()), emb, context);
        }
        foreach (var upsampler in upsamplers)
        {
            using var coarse = x;
            var next = skips.Peek().shape;
            x = upsampler.forward(coarse, next[2], next[3]);
        }
        return x;
    }

    private static Tensor Joined(Tensor x, Tensor skip)
    {
        using (x)
        using (skip)
        {
            return cat([x, skip], 1);
        }
    }

    private Tensor Layer(int layer, Tensor joined, Tensor emb, Tensor context)
    {
        Tensor h;
        using (joined)
        {
            h = resnets[layer].forward(joined, emb);
        }
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
