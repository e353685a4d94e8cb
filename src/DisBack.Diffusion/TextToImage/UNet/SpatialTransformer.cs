using DisBack.Diffusion.TextToImage.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using GroupNorm = DisBack.Diffusion.TextToImage.Layers.GroupNorm;
using Linear = DisBack.Diffusion.TextToImage.Layers.Linear;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>Transformer blocks over the pixels of an image of features, added to it.</summary>
internal sealed class SpatialTransformer : nn.Module
{
    /// <summary>Another one than that of the residual blocks.</summary>
    private const double Epsilon = 1e-6;

    private readonly GroupNorm norm;
    private readonly Linear proj_in;
    private readonly ModuleList<TransformerBlock> transformer_blocks;
    private readonly Linear proj_out;

    public SpatialTransformer(int channels, int heads, int depth, int context_width, int groups, Placement placement)
        : base(nameof(SpatialTransformer))
    {
        norm = new(groups, channels, Epsilon, placement);
        proj_in = new(channels, channels, placement);
        transformer_blocks = [.. Enumerable.Range(0, depth).Select(_ => new TransformerBlock(channels, context_width, heads, placement))];
        proj_out = new(channels, channels, placement);
        RegisterComponents();
    }

    /// <summary>Features [B, C, H, W] and context [B, M, W'] to features [B, C, H, W].</summary>
    public Tensor forward(Tensor x, Tensor context)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (x.size(2), x.size(3));
        var h = proj_in.forward(norm.forward(x).flatten(2).transpose(1, 2));
        foreach (var block in transformer_blocks)
        {
            using var before = h;
            h = block.forward(before, context);
        }
        return proj_out.forward(h).transpose(1, 2).unflatten(2, height, width).add(x).MoveToOuterDisposeScope();
    }
}
