using DisBack.Diffusion.TextToImage.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using GroupNorm = DisBack.Diffusion.TextToImage.Layers.GroupNorm;
using Linear = DisBack.Diffusion.TextToImage.Layers.Linear;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>Attention of all elements of a feature map to one another, with one head, added to the input.</summary>
internal sealed class PixelAttention : nn.Module
{
    /// <summary>What older files of weights call its projections, with the present names.</summary>
    private static readonly Dictionary<string, string> s_presentNames = new(StringComparer.Ordinal)
    {
        ["query"] = nameof(to_q),
        ["key"] = nameof(to_k),
        ["value"] = nameof(to_v),
        ["proj_attn"] = $"{nameof(to_out)}.0",
    };

    private readonly GroupNorm group_norm;
    private readonly Linear to_q;
    private readonly Linear to_k;
    private readonly Linear to_v;
    private readonly ModuleList<Linear> to_out;

    public PixelAttention(int channels, int groups, Placement placement)
        : base(nameof(PixelAttention))
    {
        group_norm = new(groups, channels, AutoencoderBlocks.Epsilon, placement);
        to_q = new(channels, channels, placement);
        to_k = new(channels, channels, placement);
        to_v = new(channels, channels, placement);
        to_out = new(new Linear(channels, channels, placement));
        RegisterComponents();
    }

    /// <summary>The present name of a parameter of an autoencoder, by one that may be of an older file.</summary>
    public static string PresentName(string name)
    {
        var parts = name.Split('.');
        if (parts is [.., "attentions", _, _, _] && s_presentNames.TryGetValue(parts[^2], out var present))
        {
            parts[^2] = present;
        }
        return string.Join('.', parts);
    }

    /// <summary>[B,C,H,W] to the same.</summary>
    public Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var sequence = group_norm.forward(x).flatten(2).transpose(1, 2);
        // Queries, keys and values [B,1,HW,C]: the scale 1/sqrt(C) of one head is the default of the product.
        var attended = functional.scaled_dot_product_attention(
            to_q.forward(sequence).unsqueeze(1), to_k.forward(sequence).unsqueeze(1), to_v.forward(sequence).unsqueeze(1));
        return to_out[0].forward(attended.squeeze(1)).transpose(1, 2).reshape(x.shape).add(x).MoveToOuterDisposeScope();
    }
}
