using DisBack.Diffusion.TextToImage.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>Two convolutions beside a shortcut, with the embedding of time and conditions added between them.</summary>
internal sealed class ResidualBlock : Segment
{
    private readonly GroupNorm norm1;
    private readonly Conv2d conv1;
    private readonly Linear time_emb_proj;
    private readonly GroupNorm norm2;
    private readonly Conv2d conv2;
    private readonly Conv2d? conv_shortcut;

    public ResidualBlock(int in_channels, int out_channels, int emb_width, int groups, double epsilon, Placement placement)
        : base(nameof(ResidualBlock))
    {
        norm1 = new(groups, in_channels, epsilon, placement);
        conv1 = new(in_channels, out_channels, 3, placement, padding: 1);
        time_emb_proj = new(emb_width, out_channels, placement);
        norm2 = new(groups, out_channels, epsilon, placement);
        conv2 = new(out_channels, out_channels, 3, placement, padding: 1);
        conv_shortcut = in_channels == out_channels ? null : new(in_channels, out_channels, 1, placement);
        RegisterComponents();
    }

    /// <summary>Features [B, in, H, W] and embedding [B or 1, E] to features [B, out, H, W].</summary>
    public Tensor forward(Tensor x, Tensor emb) => Run(Compute, x, emb);

    private Tensor Compute(Tensor x, Tensor? emb)
    {
        using var scope = NewDisposeScope();
        var shift = time_emb_proj.forward(functional.silu(emb!)).unsqueeze(2).unsqueeze(3);
        // In place where a convolution made it: no gradient needs a convolution's own result.
        var h = Convolved(norm1, conv1, x).add_(shift);
        h = Convolved(norm2, conv2, h).add_(conv_shortcut is null ? x : conv_shortcut.forward(x));
        return h.MoveToOuterDisposeScope();
    }

    private static Tensor Convolved(GroupNorm norm, Conv2d conv, Tensor x)
    {
        using var scope = NewDisposeScope();
        return conv.forward(functional.silu(norm.forward(x))).MoveToOuterDisposeScope();
    }
}
