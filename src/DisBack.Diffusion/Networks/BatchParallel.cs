using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// A network that is evaluated on the CPU with each thread computing a part of the batch, as one operation with a gradient. Threads then meet once forward
/// and once backward; where they share every operation they meet thousands of times, and each time the fastest waits for the slowest.
/// </summary>
/// <remarks>
/// The parts, and so the order of all sums, depend on libtorch's number of threads, which a spec fixes, and on nothing else. An error inside a backward, which
/// only a lack of memory makes, ends the process: neither libtorch's caller of this class nor the gradients of a part pass errors on.
/// </remarks>
internal sealed class BatchParallel : autograd.SingleTensorFunction<BatchParallel>
{
    /// <summary>With fewer samples for each thread, some of them would wait long for one that has a sample more.</summary>
    private const int SamplesPerThread = 4;

    /// <summary>Each part has gradients of its own. Where they are large so are the operations, which threads share well.</summary>
    private const long MostWeights = 4 << 20;

    // What the last call of this thread returned. Only the next one knows that libtorch has taken it.
    [ThreadStatic]
    private static Tensor? s_returned;

    public override string Name => nameof(BatchParallel);

    /// <summary>The number of parts in which a network of so many weights is best asked about samples [B,...]: that of libtorch's threads, or one.</summary>
    public static int PartsOf(Tensor samples, long weights) =>
        samples.device_type == DeviceType.CPU && weights <= MostWeights && get_num_threads() is var threads && samples.size(0) >= SamplesPerThread * threads
            ? threads
            : 1;

    /// <summary>What a network says of a batch. Its backward adds to the gradients of the network's trained weights, and returns that of the samples.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="count">The number of parts.</param>
    /// <param name="network">The network; called on several threads at once.</param>
    /// <param name="weights">All its weights.</param>
    /// <param name="masks">Where its masks come from; null if it draws none.</param>
    public static Tensor Estimate(NoisyBatch batch, int count, Func<NoisyBatch, Tensor> network, IEnumerable<Parameter> weights, Generator? masks)
    {
        using var scope = NewDisposeScope();
        List<Parameter> trained = is_grad_enabled() ? [.. weights.Where(weight => weight.requires_grad)] : [];
        var differentiable = trained.Count > 0 || (is_grad_enabled() && batch.X.requires_grad);
        var parts = BatchPart.Of(batch, count, trained, differentiable, masks);
        try
        {
            TorchThreads.Run(parts.Count, part => parts[part].Compute(network));
        }
        catch
        {
            Dispose(parts);
            throw;
        }
        if (differentiable)
        {
            // The backward adds the weights' gradients itself and returns none, but it is asked for only if one of the arguments needs a gradient.
            return apply(parts, batch.X, trained.Count > 0 ? trained[0] : null!).MoveToOuterDisposeScope();
        }
        var result = Join(parts).MoveToOuterDisposeScope();
        Dispose(parts);
        return result;
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var parts = (IReadOnlyList<BatchPart>)vars[0];
        ctx.save_data(nameof(BatchPart), parts);
        return Join(parts);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        s_returned?.Dispose();
        using var scope = NewDisposeScope();
        using var given = grad_output;
        var parts = (IReadOnlyList<BatchPart>)ctx.get_data(nameof(BatchPart));
        TorchThreads.Run(parts.Count, part => parts[part].Differentiate(given));
        using (no_grad())
        {
            // One part after another: the same sums every time.
            foreach (var part in parts)
            {
                part.AddGradients();
            }
        }
        s_returned = parts[0].OfSamples is null ? null : cat([.. parts.Select(part => part.OfSamples!)], 0).DetachFromDisposeScope();
        Dispose(parts);
        return [null!, s_returned!, null!];
    }

    private static Tensor Join(IReadOnlyList<BatchPart> parts) => cat([.. parts.Select(part => part.Result)], 0);

    private static void Dispose(IReadOnlyList<BatchPart> parts)
    {
        foreach (var part in parts)
        {
            part.Dispose();
        }
    }
}
