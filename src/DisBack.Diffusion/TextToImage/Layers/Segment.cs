using static TorchSharp.torch;

namespace DisBack.Diffusion.TextToImage.Layers;

/// <summary>
/// A part of a network that can be run without keeping what its gradients need, and is then run again when they are asked for: its inputs alone stay in memory
/// (Chen et al. 2016, arXiv 1604.06174). The gradients are the same to the last bit.
/// </summary>
internal abstract class Segment(string name) : nn.Module(name)
{
    /// <summary>Whether it is run again for its gradients.</summary>
    public bool IsRecomputed { get; set; }

    /// <summary>Runs it in one of both ways.</summary>
    /// <param name="compute">What it computes, which may be called twice: it leaves its arguments as they are.</param>
    /// <param name="x">Features.</param>
    /// <param name="shown">What else it sees; null for nothing.</param>
    protected Tensor Run(Func<Tensor, Tensor?, Tensor> compute, Tensor x, Tensor? shown = null)
    {
        if (!is_grad_enabled())
        {
            return compute(x, shown);
        }
        using var scope = NewDisposeScope();
        if (IsRecomputed)
        {
            // Of adapters too, which need not be registered.
            IEnumerable<Tensor> weights = [.. parameters(), .. modules().OfType<AdaptableLayer>()
                .SelectMany(layer => layer.Adapters).SelectMany(adapter => new[] { adapter.Down, adapter.Up })];
            List<Tensor> trained = [.. weights.Where(weight => weight.requires_grad).Distinct(ReferenceEqualityComparer.Instance).Cast<Tensor>()];
            if (trained.Count > 0 || x.requires_grad || shown is { requires_grad: true })
            {
                return Recomputation.Run(compute, x, shown, trained).MoveToOuterDisposeScope();
            }
        }
        // Views, in which the gradients of an input are added up before they leave the segment: sums have the same order in both ways.
        return compute(x.view_as(x), shown?.view_as(shown)).MoveToOuterDisposeScope();
    }
}
