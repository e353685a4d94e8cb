using DisBack.Diffusion.TextToImage.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Text;

/// <summary>A vector for each whole number below a count.</summary>
internal sealed class Embedding : nn.Module
{
    private readonly Parameter weight;

    public Embedding(long num_embeddings, long embedding_dim, Placement placement)
        : base(nameof(Embedding))
    {
        weight = placement.Reserve(num_embeddings, embedding_dim);
        RegisterComponents();
    }

    public Tensor forward(Tensor ids) => weight[TensorIndex.Tensor(ids)];
}
