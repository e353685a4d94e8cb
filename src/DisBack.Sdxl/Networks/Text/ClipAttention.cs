using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Sdxl.Networks.Text;

/// <summary>Self-attention in which a token sees itself and those before it; padding counts as tokens do.</summary>
internal sealed class ClipAttention : nn.Module
{
    private readonly Linear k_proj;
    private readonly Linear v_proj;
    private readonly Linear q_proj;
    private readonly Linear out_proj;
    private readonly long heads;

    public ClipAttention(TextEncoderConfig config, Placement placement)
        : base(nameof(ClipAttention))
    {
        heads = config.Heads;
        k_proj = new(config.Width, config.Width, placement);
        v_proj = new(config.Width, config.Width, placement);
        q_proj = new(config.Width, config.Width, placement);
        out_proj = new(config.Width, config.Width, placement);
        RegisterComponents();
    }

    /// <summary>From [B, N, width] to the same.</summary>
    public Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var attended = functional.scaled_dot_product_attention(Heads(q_proj), Heads(k_proj), Heads(v_proj), is_casual: true);
        return out_proj.forward(attended.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();

        Tensor Heads(Linear projection) => projection.forward(x).unflatten(2, heads, -1).transpose(1, 2);
    }
}
