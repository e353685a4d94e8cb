using static TorchSharp.torch;

namespace DisBack.Diffusion.TextToImage.Layers;

/// <summary>A computation whose backward pass runs it again, with a graph of its own, which is gone when that pass is over.</summary>
/// <remarks>
/// What libtorch is told is one operation of the inputs and the weights, so gradients reach both, whoever asks for them. An error inside a backward, which
/// only a lack of memory makes, ends the process: libtorch's caller of this class does not pass it on.
/// </remarks>
internal sealed class Recomputation : autograd.SingleTensorFunction<Recomputation>
{
    // What the last call of this thread returned. Only the next one knows that libtorch has taken it.
    [ThreadStatic]
    private static IReadOnlyList<Tensor?>? s_returned;

    public override string Name => nameof(Recomputation);

    /// <summary>What is computed of the inputs, for which it is asked twice if there is a backward pass.</summary>
    /// <param name="compute">The computation: the same for the same inputs.</param>
    /// <param name="x">An input.</param>
    /// <param name="shown">Another; null if there is none.</param>
    /// <param name="trained">The weights in it that get gradients.</param>
    public static Tensor Run(Func<Tensor, Tensor?, Tensor> compute, Tensor x, Tensor? shown, IReadOnlyList<Tensor> trained)
    {
        // Its end also releases the tensor of the result's size that TorchSharp makes beside each result.
        using var scope = NewDisposeScope();
        return apply([new Call(compute, trained), x, shown!, .. trained]).MoveToOuterDisposeScope();
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (call, x, shown) = ((Call)vars[0], (Tensor)vars[1], (Tensor?)vars[2]);
        var result = call.Compute(x, shown);
        call.Keep(x, shown);
        ctx.save_data(nameof(Call), call);
        return result;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        foreach (var returned in s_returned ?? [])
        {
            returned?.Dispose();
        }
        using var given = grad_output;
        using var call = (Call)ctx.get_data(nameof(Call));
        s_returned = call.Differentiate(given);
        return [null!, .. s_returned.Select(gradient => gradient!)];
    }

    /// <summary>One call with its inputs, which libtorch would keep for as long as anybody has the loss.</summary>
    private sealed class Call(Func<Tensor, Tensor?, Tensor> compute, IReadOnlyList<Tensor> trained) : IDisposable
    {
        private Tensor? _x;
        private Tensor? _shown;

        public Tensor Compute(Tensor x, Tensor? shown) => compute(x, shown);

        /// <summary>Holds on to the inputs, whatever becomes of the caller's.</summary>
        public void Keep(Tensor x, Tensor? shown) => (_x, _shown) = (Leaf(x), shown is null ? null : Leaf(shown));

        /// <summary>The gradients of both inputs and of the weights, null where there is none.</summary>
        public IReadOnlyList<Tensor?> Differentiate(Tensor ofResult)
        {
            using var scope = NewDisposeScope();
            using var graph = enable_grad();
            var result = compute(_x!, _shown);
            Tensor?[] all = [_x, _shown, .. trained];
            var wanted = all.Where(input => input is { requires_grad: true }).ToList();
            var gradients = autograd.grad([result], wanted!, [ofResult], allow_unused: true);
            var next = 0;
            return [.. all.Select(input => input is { requires_grad: true } ? Taken(gradients[next++]) : null)];
        }

        public void Dispose()
        {
            _x?.Dispose();
            _shown?.Dispose();
        }

        private static Tensor Leaf(Tensor input) => input.detach().requires_grad_(input.requires_grad).DetachFromDisposeScope();

        /// <summary>What was not used has none.</summary>
        private static Tensor? Taken(Tensor? gradient) => gradient is null or { IsInvalid: true } ? null : gradient.DetachFromDisposeScope();
    }
}
