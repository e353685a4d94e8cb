using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.TextToImage.Layers;

/// <summary>A layer to which a LoRA can add: into the weights, or beside them.</summary>
internal abstract class AdaptableLayer(string name) : nn.Module(name)
{
    /// <summary>The weights, [out, in] or [out, in, k, k].</summary>
    public abstract Parameter Weights { get; }

    /// <summary>What is added beside the weights.</summary>
    public List<LowRankAdapter> Adapters { get; } = [];

    /// <summary>The layer's own result y of x, overwritten by its sum with what the adapters add, in its type whatever theirs.</summary>
    protected Tensor Adapted(Tensor y, Tensor x)
    {
        foreach (var adapter in Adapters)
        {
            using var scope = NewDisposeScope();
            y.add_(Raised(Lowered(x, adapter.Down.to(y.dtype)), adapter.Up.to(y.dtype)), alpha: adapter.Scale);
        }
        return y;
    }

    /// <summary>The layer's own operation, with an adapter's weights.</summary>
    protected abstract Tensor Lowered(Tensor x, Tensor down);

    /// <summary>From the rank to the outputs, each pixel by itself.</summary>
    protected abstract Tensor Raised(Tensor x, Tensor up);
}
