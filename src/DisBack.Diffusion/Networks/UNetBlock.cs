using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.Networks;

/// <summary>What all blocks of one U-Net share.</summary>
internal sealed record UNetBlockSettings
{
    public required int EmbChannels { get; init; }
    public required double Dropout { get; init; }
    public required Initialization Init { get; init; }
    public required Initialization InitZero { get; init; }
    public required Initialization InitAttention { get; init; }

    /// <summary>Attention heads; null is one per 64 channels.</summary>
    public int? NumHeads { get; init; }
    public double SkipScale { get; init; } = 1;
    public double Epsilon { get; init; } = 1e-5;
    public IReadOnlyList<double> ResampleFilter { get; init; } = [1, 1];
    public bool ResampleProj { get; init; }
    public bool AdaptiveScale { get; init; } = true;
}

/// <summary>The residual block of both network families, with optional resampling and self-attention (EDM, training/networks.py).</summary>
internal sealed class UNetBlock : nn.Module
{
    private readonly GroupNorm norm0;
    private readonly Conv2d conv0;
    private readonly Linear affine;
    private readonly GroupNorm norm1;
    private readonly Conv2d conv1;
    private readonly Conv2d? skip;
    private readonly GroupNorm? norm2;
    private readonly Conv2d? qkv;
    private readonly Conv2d? proj;

    private readonly UNetBlockSettings settings;
    private readonly DropoutMasks masks;
    private readonly int heads;

    public UNetBlock(
        int in_channels, int out_channels, UNetBlockSettings settings, DropoutMasks masks, Generator generator,
        Resample resample = Resample.None, bool attention = false)
        : base(nameof(UNetBlock))
    {
        InChannels = in_channels;
        OutChannels = out_channels;
        this.settings = settings;
        this.masks = masks;
        heads = attention ? settings.NumHeads ?? out_channels / 64 : 0;

        norm0 = new(in_channels, settings.Epsilon);
        conv0 = new(in_channels, out_channels, 3, settings.Init, generator, resample, settings.ResampleFilter);
        affine = new(settings.EmbChannels, settings.AdaptiveScale ? out_channels * 2 : out_channels, settings.Init, generator);
        norm1 = new(out_channels, settings.Epsilon);
        conv1 = new(out_channels, out_channels, 3, settings.InitZero, generator);
        if (out_channels != in_channels || resample != Resample.None)
        {
            var kernel = settings.ResampleProj || out_channels != in_channels ? 1 : 0;
            skip = new(in_channels, out_channels, kernel, settings.Init, generator, resample, settings.ResampleFilter);
        }
        if (heads > 0)
        {
            norm2 = new(out_channels, settings.Epsilon);
            qkv = new(out_channels, out_channels * 3, 1, settings.InitAttention, generator);
            proj = new(out_channels, out_channels, 1, settings.InitZero, generator);
        }
        RegisterComponents();
    }

    public int InChannels { get; }

    public int OutChannels { get; }

    public Tensor forward(Tensor x, Tensor emb)
    {
        using var scope = NewDisposeScope();
        var h = conv0.forward(norm0.ForwardSilu(x));
        var modulation = affine.forward(emb).unsqueeze(2).unsqueeze(3).RoundedTo(x.dtype);
        if (settings.AdaptiveScale)
        {
            var halves = modulation.chunk(2, 1);
            h = functional.silu(addcmul(halves[1], norm1.forward(h), halves[0] + 1, 1));
        }
        else
        {
            h = norm1.ForwardSilu(h, modulation);
        }
        if (masks.Of(settings.Dropout, h, training) is { } mask)
        {
            h = h * mask.div_(1 - settings.Dropout);
        }
        // In place from here on: neither a convolution nor a sum nor a scaling needs its own result again for the gradient.
        h = Scaled(conv1.forward(h).add_(skip is null ? x : skip.forward(x)));
        if (heads > 0)
        {
            h = Scaled(proj!.forward(Attended(h)).add_(h));
        }
        return h.MoveToOuterDisposeScope();
    }

    private Tensor Scaled(Tensor x) => settings.SkipScale == 1 ? x : x.mul_(settings.SkipScale);

    /// <summary>softmax(Q K^T / sqrt(d)) V over all pixels; queries, keys and values of one channel are neighbours within each head.</summary>
    private Tensor Attended(Tensor x)
    {
        var channels = OutChannels / heads;
        var parts = qkv!.forward(norm2!.forward(x)).reshape(x.size(0) * heads, channels, 3, -1).unbind(2);
        // The softmax is float32 whatever the features are.
        var weights = functional.softmax(bmm(parts[0].transpose(1, 2), parts[1] / Math.Sqrt(channels)), 2, ScalarType.Float32).RoundedTo(x.dtype);
        if (!ChannelsLast.Is(x))
        {
            return bmm(parts[2], weights.transpose(1, 2)).reshape(x.shape);
        }
        // The heads' channels side by side again, without another layout.
        return bmm(weights, parts[2].transpose(1, 2)).reshape(x.size(0), heads, -1, channels).transpose(1, 2)
            .reshape(x.size(0), x.size(2), x.size(3), OutChannels).permute(0, 3, 1, 2);
    }
}
