using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Text;

/// <summary>CLIP's transformer of texts, from ids to normalised states.</summary>
internal sealed class ClipTextTransformer : nn.Module
{
    private readonly ClipTextEmbeddings embeddings;
    private readonly ClipLayers encoder;
    private readonly LayerNorm final_layer_norm;

    public ClipTextTransformer(TextEncoderConfig config, Placement placement)
        : base(nameof(ClipTextTransformer))
    {
        embeddings = new(config, placement);
        encoder = new(config, placement);
        final_layer_norm = new(config.Width, config.Epsilon, placement);
        RegisterComponents();
    }

    /// <summary>
    /// From ids [B, N] to the hidden states, each [B, N, width]: the embeddings, then the output of each layer; and the last of them, normalised.
    /// </summary>
    public (IReadOnlyList<Tensor> Hidden, Tensor Last) forward(Tensor ids)
    {
        var hidden = encoder.forward(embeddings.forward(ids));
        return (hidden, final_layer_norm.forward(hidden[^1]));
    }
}
