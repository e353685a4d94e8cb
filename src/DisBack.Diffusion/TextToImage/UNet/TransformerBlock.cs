using DisBack.Diffusion.TextToImage.Layers;
using static TorchSharp.torch;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>Attention to the picture, attention to the prompt and a feed-forward network, each of normalised features and added to them.</summary>
internal sealed class TransformerBlock : Segment
{
    private const double Epsilon = 1e-5;

    private readonly LayerNorm norm1;
    private readonly Attention attn1;
    private readonly LayerNorm norm2;
    private readonly Attention attn2;
    private readonly LayerNorm norm3;
    private readonly FeedForward ff;

    public TransformerBlock(int width, int context_width, int heads, Placement placement)
        : base(nameof(TransformerBlock))
    {
        norm1 = new(width, Epsilon, placement);
        attn1 = new(width, width, heads, placement);
        norm2 = new(width, Epsilon, placement);
        attn2 = new(width, context_width, heads, placement);
        norm3 = new(width, Epsilon, placement);
        ff = new(width, placement);
        RegisterComponents();
    }

    /// <summary>Features [B, N, C] and context [B, M, W] to features [B, N, C].</summary>
    public Tensor forward(Tensor x, Tensor context) => Run(Compute, x, context);

    private Tensor Compute(Tensor x, Tensor? context)
    {
        using var scope = NewDisposeScope();
        x = Added(x, norm1, normalised => attn1.forward(normalised, normalised));
        x = Added(x, norm2, normalised => attn2.forward(normalised, context!));
        return Added(x, norm3, ff.forward).MoveToOuterDisposeScope();
    }

    private static Tensor Added(Tensor x, LayerNorm norm, Func<Tensor, Tensor> change)
    {
        using var normalised = norm.forward(x);
        // In place: what a linear layer returns is needed for no gradient.
        return change(normalised).add_(x);
    }
}
