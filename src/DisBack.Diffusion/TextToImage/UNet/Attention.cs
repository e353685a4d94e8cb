using DisBack.Diffusion.TextToImage.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Linear = DisBack.Diffusion.TextToImage.Layers.Linear;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>Attention of pixels to pixels, or of pixels to the tokens of a prompt. No token is masked, padding neither: SDXL was trained so.</summary>
internal sealed class Attention : nn.Module
{
    private readonly Linear to_q;
    private readonly Linear to_k;
    private readonly Linear to_v;
    private readonly ModuleList<Linear> to_out;
    private readonly int heads;

    public Attention(int width, int context_width, int heads, Placement placement)
        : base(nameof(Attention))
    {
        this.heads = heads;
        to_q = new(width, width, placement, bias: false);
        to_k = new(context_width, width, placement, bias: false);
        to_v = new(context_width, width, placement, bias: false);
        to_out = [new(width, width, placement)];
        RegisterComponents();
    }

    /// <summary>Queries come from x [B, N, C], keys and values from the context [B, M, W]; the result is [B, N, C].</summary>
    public Tensor forward(Tensor x, Tensor context)
    {
        using var scope = NewDisposeScope();
        var attended = functional.scaled_dot_product_attention(Heads(to_q.forward(x)), Heads(to_k.forward(context)), Heads(to_v.forward(context)));
        return to_out[0].forward(attended.transpose(1, 2).reshape(x.shape)).MoveToOuterDisposeScope();
    }

    private Tensor Heads(Tensor x) => x.view(x.size(0), x.size(1), heads, -1).transpose(1, 2);
}
