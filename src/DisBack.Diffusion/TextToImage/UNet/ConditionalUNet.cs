using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Specs.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Conv2d = DisBack.Diffusion.TextToImage.Layers.Conv2d;
using GroupNorm = DisBack.Diffusion.TextToImage.Layers.GroupNorm;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>
/// SDXL's UNet (arXiv 2307.01952), which predicts the noise in latents from a time, a prompt and the size that the picture is to look like. Modules, in their
/// order and under their names, are those of diffusers' UNet2DConditionModel.
/// </summary>
internal sealed class ConditionalUNet : nn.Module
{
    private readonly Conv2d conv_in;
    private readonly TimestepEmbedding time_embedding;
    private readonly TimestepEmbedding add_embedding;
    private readonly ModuleList<DownBlock> down_blocks;
    private readonly ModuleList<UpBlock> up_blocks;
    private readonly MiddleBlock mid_block;
    private readonly GroupNorm conv_norm_out;
    private readonly Conv2d conv_out;
    private readonly IReadOnlyList<Segment> _segments;

    public ConditionalUNet(TextUnetSettings config, Placement placement)
        : base(nameof(ConditionalUNet))
    {
        Config = config;
        Type = placement.Type;
        var channels = config.Levels[0].Channels;
        var levels = Enumerable.Range(0, config.Levels.Count);
        conv_in = new(config.LatentChannels, channels, 3, placement, padding: 1);
        time_embedding = new(channels, config.EmbeddingWidth, placement);
        add_embedding = new((TextUnetSettings.TimeIds * config.TimeIdWidth) + config.PooledWidth, config.EmbeddingWidth, placement);
        down_blocks = [.. levels.Select(level => new DownBlock(config, level, placement))];
        up_blocks = [.. levels.Reverse().Select(level => new UpBlock(config, level, placement))];
        mid_block = new(config, placement);
        conv_norm_out = new(config.NormGroups, channels, config.NormEpsilon, placement);
        conv_out = new(channels, config.LatentChannels, 3, placement, padding: 1);
        RegisterComponents();
        _segments = [.. modules().OfType<Segment>()];
    }

    public TextUnetSettings Config { get; }

    /// <summary>The type that it computes in: that of its parameters, unless it is changed.</summary>
    public ScalarType Type { get; set; }

    /// <summary>Whether residual blocks, transformer blocks and upsamplers are run again for their gradients: of the others little is kept.</summary>
    public bool IsRecomputed
    {
        set
        {
            foreach (var segment in _segments)
            {
                segment.IsRecomputed = value;
            }
        }
    }

    /// <summary>A network on the same parameters, which live as long as one of the two, with adapters of its own.</summary>
    public ConditionalUNet Share()
    {
        using var untracked = no_grad();
        var own = parameters().ToList();
        var twin = new ConditionalUNet(Config, new Placement(own[0].device, own[0].dtype) { IsShared = true }) { Type = Type };
        foreach (var (parameter, shared) in twin.parameters().Zip(own))
        {
            parameter.set_(shared);
        }
        return twin;
    }

    /// <summary>The noise in latents [B, C, H, W], in the type that it computes in.</summary>
    /// <param name="latents">Noised latents [B, C, H, W] of any size.</param>
    /// <param name="timesteps">Times, of no extent, [1] or [B], whole or not.</param>
    /// <param name="context">The prompt's token states [B, M, W].</param>
    /// <param name="pooled">The prompt's pooled state [B, P].</param>
    /// <param name="time_ids">Original size, crop and target size [B, 6].</param>
    public Tensor forward(Tensor latents, Tensor timesteps, Tensor context, Tensor pooled, Tensor time_ids)
    {
        using var scope = NewDisposeScope();
        var emb = Embed(timesteps, pooled, time_ids);
        context = context.to(Type);
        var skips = Descend(latents, emb, context);
        var x = mid_block.forward(skips.Peek(), emb, context);
        foreach (var block in up_blocks)
        {
            x = block.forward(x, emb, context, skips);
        }
        return conv_out.forward(functional.silu(conv_norm_out.forward(x))).MoveToOuterDisposeScope();
    }

    /// <summary>The features between down and up [B, C', H', W'], from which a classifier tells true latents from made ones; the way up is not run.</summary>
    /// <inheritdoc cref="forward" path="/param"/>
    public Tensor Middle(Tensor latents, Tensor timesteps, Tensor context, Tensor pooled, Tensor time_ids)
    {
        using var scope = NewDisposeScope();
        var emb = Embed(timesteps, pooled, time_ids);
        context = context.to(Type);
        return mid_block.forward(Descend(latents, emb, context).Peek(), emb, context).MoveToOuterDisposeScope();
    }

    /// <summary>The embedding of time and conditions [B, E].</summary>
    private Tensor Embed(Tensor timesteps, Tensor pooled, Tensor time_ids)
    {
        using var scope = NewDisposeScope();
        var time = Sinusoids.Of(timesteps.to(pooled.device).reshape(-1), Config.Levels[0].Channels);
        var sizes = Sinusoids.Of(time_ids.flatten(), Config.TimeIdWidth).view(time_ids.size(0), -1);
        var added = cat([pooled.to(Type), sizes.to(Type)], 1);
        return (time_embedding.forward(time.to(Type)) + add_embedding.forward(added)).MoveToOuterDisposeScope();
    }

    /// <summary>Every stage of the way down, the coarsest on top.</summary>
    private Stack<Tensor> Descend(Tensor latents, Tensor emb, Tensor context)
    {
        var skips = new Stack<Tensor>([conv_in.forward(latents.to(Type))]);
        foreach (var block in down_blocks)
        {
            foreach (var stage in block.forward(skips.Peek(), emb, context))
            {
                skips.Push(stage);
            }
        }
        return skips;
    }
}
