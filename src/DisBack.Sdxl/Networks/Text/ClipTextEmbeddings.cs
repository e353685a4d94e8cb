using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Text;

/// <summary>What a token is and where it stands.</summary>
internal sealed class ClipTextEmbeddings : nn.Module
{
    private readonly Embedding token_embedding;
    private readonly Embedding position_embedding;

    public ClipTextEmbeddings(TextEncoderConfig config, Placement placement)
        : base(nameof(ClipTextEmbeddings))
    {
        token_embedding = new(config.VocabularySize, config.Width, placement);
        position_embedding = new(config.Positions, config.Width, placement);
        RegisterComponents();
    }

    /// <summary>From ids [B, N] to [B, N, width].</summary>
    public Tensor forward(Tensor ids)
    {
        using var scope = NewDisposeScope();
        var positions = arange(ids.shape[1], dtype: ScalarType.Int64, device: ids.device);
        return (token_embedding.forward(ids) + position_embedding.forward(positions)).MoveToOuterDisposeScope();
    }
}
