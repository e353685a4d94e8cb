using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>One thread's part of a batch in <see cref="BatchParallel"/>, with the graph of its gradients between forward and backward.</summary>
internal sealed class BatchPart : IDisposable
{
    private readonly NoisyBatch batch;
    private readonly long first;
    private readonly IReadOnlyList<Parameter> trained;
    private readonly bool differentiable;
    private readonly Generator? masks;
    private readonly Tensor? seeds;
    private Tensor? samples;
    private Tensor? estimate;
    private IList<Tensor> gradients = [];

    private BatchPart(NoisyBatch batch, long first, IReadOnlyList<Parameter> trained, bool differentiable, Generator? masks, Tensor? seeds) =>
        (this.batch, this.first, this.trained, this.differentiable, this.masks, this.seeds) = (batch, first, trained, differentiable, masks, seeds);

    /// <summary>What the network says of this part, without its graph.</summary>
    public Tensor Result => estimate!.detach();

    /// <summary>The gradient of this part's samples; null where they need none.</summary>
    public Tensor? OfSamples => samples is null ? null : gradients[trained.Count];

    /// <summary>Parts of a batch, of equal size to within one sample.</summary>
    /// <param name="batch">The batch; each part views some of its rows.</param>
    /// <param name="count">The number of parts.</param>
    /// <param name="trained">The weights that get gradients.</param>
    /// <param name="differentiable">Whether there will be a backward.</param>
    /// <param name="masks">Seeds a generator of its own for the masks of each part; null if none are drawn.</param>
    public static IReadOnlyList<BatchPart> Of(NoisyBatch batch, int count, IReadOnlyList<Parameter> trained, bool differentiable, Generator? masks)
    {
        var rows = batch.X.size(0);
        var parts = new List<BatchPart>();
        for (var part = 0; part < count; part++)
        {
            var first = rows * part / count;
            var size = rows * (part + 1) / count - first;
            var own = masks is null ? null : new Generator((ulong)randint(long.MaxValue, [1], int64, generator: masks).item<long>());
            parts.Add(new(batch.Rows(first, size), first, trained, differentiable, own, SeededDropout.Current?.Seeds.narrow(0, first, size)));
        }
        return parts;
    }

    /// <summary>Asks the network, on the thread that calls.</summary>
    public void Compute(Func<NoisyBatch, Tensor> network)
    {
        using var scope = NewDisposeScope();
        using var mode = differentiable ? enable_grad() : no_grad();
        using var dropout = seeds is null ? null : new SeededDropout(seeds);
        DropoutMasks.OfPart = masks;
        try
        {
            // A leaf of its own, as the graph of a part ends at its samples.
            samples = differentiable && batch.X.requires_grad ? batch.X.detach().requires_grad_(true).DetachFromDisposeScope() : null;
            estimate = network(samples is null ? batch : batch with { X = samples }).DetachFromDisposeScope();
        }
        finally
        {
            DropoutMasks.OfPart = null;
            masks?.Dispose();
        }
    }

    /// <summary>Makes the gradients of this part from that of the whole result, on the thread that calls.</summary>
    public void Differentiate(Tensor ofResult)
    {
        using var scope = NewDisposeScope();
        var ofEstimate = ofResult.narrow(0, first, estimate!.size(0));
        List<Tensor> inputs = [.. trained, .. samples is null ? Array.Empty<Tensor>() : [samples]];
        gradients = autograd.grad([estimate], inputs, [ofEstimate], allow_unused: true);
        foreach (var gradient in gradients)
        {
            gradient?.DetachFromDisposeScope();
        }
    }

    /// <summary>Adds this part's gradients to those of the weights.</summary>
    public void AddGradients()
    {
        foreach (var (weight, gradient) in trained.Zip(gradients))
        {
            // What the network did not use has none.
            if (gradient is null or { IsInvalid: true })
            {
                continue;
            }
            using var sum = weight.grad;
            if (sum is null)
            {
                weight.grad = gradient.clone();
            }
            else
            {
                sum.add_(gradient);
            }
        }
    }

    public void Dispose()
    {
        samples?.Dispose();
        estimate?.Dispose();
        foreach (var gradient in gradients)
        {
            gradient?.Dispose();
        }
    }
}
