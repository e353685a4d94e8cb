using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Text;

/// <summary>A layer of a transformer that normalises before attention and before the linear maps.</summary>
internal sealed class ClipLayer : nn.Module
{
    private readonly ClipAttention self_attn;
    private readonly LayerNorm layer_norm1;
    private readonly ClipMlp mlp;
    private readonly LayerNorm layer_norm2;

    public ClipLayer(TextEncoderConfig config, Placement placement)
        : base(nameof(ClipLayer))
    {
        self_attn = new(config, placement);
        layer_norm1 = new(config.Width, config.Epsilon, placement);
        mlp = new(config, placement);
        layer_norm2 = new(config.Width, config.Epsilon, placement);
        RegisterComponents();
    }

    /// <summary>From [B, N, width] to the same.</summary>
    public Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var attended = x + self_attn.forward(layer_norm1.forward(x));
        return (attended + mlp.forward(layer_norm2.forward(attended))).MoveToOuterDisposeScope();
    }
}
