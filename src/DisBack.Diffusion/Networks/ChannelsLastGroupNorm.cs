using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary><see cref="GroupNormKernels"/> as an operation with a gradient, over a batch [B,H,W,C] on the CPU.</summary>
internal sealed class ChannelsLastGroupNorm : autograd.SingleTensorFunction<ChannelsLastGroupNorm>
{
    /// <summary>TorchSharp shows the bytes of no larger tensor.</summary>
    public const long MostElements = int.MaxValue / sizeof(float);

    // What the last call of this thread returned. Only the next one knows that libtorch has taken it: until a scope or the garbage collector came by, the
    // gradients of all layers would stay in memory.
    [ThreadStatic]
    private static List<Tensor>? s_returned;

    public override string Name => nameof(ChannelsLastGroupNorm);

    /// <param name="x">Contiguous float32 [B,H,W,C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="shift">Contiguous [B,C], added before; null is nothing.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="silu">Whether SiLU follows.</param>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor bias, Tensor? shift, long groups, double epsilon, bool silu)
    {
        var form = new Form(groups, epsilon, silu);
        if (!is_grad_enabled())
        {
            return Compute(x, weight, bias, shift, form).Y;
        }
        return shift is null ? apply(x, weight, bias, form) : apply(x, weight, bias, form, shift);
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, weight, bias, form) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Form)vars[3]);
        var shift = vars.Length > 4 ? (Tensor)vars[4] : null;
        var (y, statistics) = Compute(x, weight, bias, shift, form);
        ctx.save_for_backward([x, weight, bias, statistics]);
        ctx.save_data(nameof(Form), form);
        ctx.save_data(nameof(shift), shift is not null);
        return y;
    }

    public override unsafe List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        s_returned?.ForEach(tensor => tensor.Dispose());
        using var scope = NewDisposeScope();
        using var given = grad_output;
        var saved = ctx.get_saved_variables();
        var (x, weight, bias, statistics) = (saved[0], saved[1], saved[2], saved[3]);
        var shifted = (bool)ctx.get_data("shift");
        var gradient = grad_output.contiguous();
        var (batch, channels) = (x.size(0), (int)x.size(3));
        var ofX = empty_like(x);
        var parts = empty(2, batch, channels);
        var ofShift = shifted ? empty(batch, channels) : null;
        float* from = Pointer(x), above = Pointer(gradient), to = Pointer(ofX), factor = Pointer(weight), addend = Pointer(bias);
        float* kept = Pointer(statistics), sums = Pointer(parts);
        var shifts = ofShift is null ? null : Pointer(ofShift);
        var kernels = ((Form)ctx.get_data(nameof(Form))).Kernels(x);
        var size = x.size(1) * x.size(2) * channels;
        Samples(batch, b => kernels.Backward(
            from + b * size, factor, addend, kept + b * channels, kept + (batch + b) * channels, above + b * size, to + b * size,
            shifts == null ? null : shifts + b * channels, sums + b * channels, sums + (batch + b) * channels));
        var sum = parts.sum(1);
        s_returned = [ofX.DetachFromDisposeScope(), sum[0].DetachFromDisposeScope(), sum[1].DetachFromDisposeScope()];
        List<Tensor> gradients = [.. s_returned, null!];
        if (ofShift is not null)
        {
            s_returned.Add(ofShift.DetachFromDisposeScope());
            gradients.Add(ofShift);
        }
        return gradients;
    }

    private static unsafe (Tensor Y, Tensor Statistics) Compute(Tensor x, Tensor weight, Tensor bias, Tensor? shift, Form form)
    {
        var y = empty_like(x);
        var (batch, channels) = (x.size(0), (int)x.size(3));
        var statistics = empty(2, batch, channels);
        float* from = Pointer(x), to = Pointer(y), factor = Pointer(weight), addend = Pointer(bias), kept = Pointer(statistics);
        var shifts = shift is null ? null : Pointer(shift);
        var kernels = form.Kernels(x);
        var size = x.size(1) * x.size(2) * channels;
        Samples(batch, b => kernels.Forward(
            from + b * size, shifts == null ? null : shifts + b * channels, factor, addend, to + b * size,
            kept + b * channels, kept + (batch + b) * channels));
        return (y, statistics);
    }

    /// <summary>Computes every sample once, in as many parts as libtorch has threads.</summary>
    private static void Samples(long batch, Action<long> compute)
    {
        var parts = Math.Min(get_num_threads(), batch);
        TorchThreads.Run((int)parts, part =>
        {
            for (var b = batch * part / parts; b < batch * (part + 1) / parts; b++)
            {
                compute(b);
            }
        });
    }

    private static unsafe float* Pointer(Tensor tensor) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    private sealed record Form(long Groups, double Epsilon, bool Silu)
    {
        public GroupNormKernels Kernels(Tensor x) => new((int)(x.size(1) * x.size(2)), (int)x.size(3), (int)Groups, (float)Epsilon, Silu);
    }
}
