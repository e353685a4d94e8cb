using static TorchSharp.torch;

namespace DisBack.Diffusion.Parameters;

/// <summary>Some parameters of a network in one flat tensor and their gradients in another; the network's parameters are views into them.</summary>
/// <remarks>
/// An optimizer step, a moving average, a gradient norm, a copy, a checkpoint and a target switch are then one operation each instead of one
/// per parameter. Adam over flat buffers took 0.6 ms where one call per parameter took 9.6 ms (80 parameters, 166 thousand values).
/// </remarks>
public sealed class ParameterBuffer : IDisposable
{
    private readonly List<Tensor> _views = [];

    private ParameterBuffer(IReadOnlyList<ParameterSlot> slots, Tensor weights, Tensor? gradients)
    {
        Slots = slots;
        Weights = weights;
        Gradients = gradients;
    }

    /// <summary>Name, shape and position of every parameter, in the order of the network's state dictionary.</summary>
    public IReadOnlyList<ParameterSlot> Slots { get; }

    /// <summary>The weights, [n], of the parameters' type.</summary>
    public Tensor Weights { get; }

    /// <summary>The gradients, [n], into which autograd accumulates; null for parameters that are never trained.</summary>
    public Tensor? Gradients { get; }

    /// <summary>Moves parameters into one buffer. Their network keeps working and from then on reads and writes the buffer.</summary>
    /// <param name="parameters">Parameters of one type on one device, by name.</param>
    /// <param name="trained">Whether they get gradients; frozen ones need no second buffer.</param>
    internal static ParameterBuffer Attach(IReadOnlyList<(string Name, TorchSharp.Modules.Parameter Parameter)> parameters, bool trained)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var slots = new List<ParameterSlot>(parameters.Count);
        var offset = 0L;
        foreach (var (name, parameter) in parameters)
        {
            slots.Add(new ParameterSlot(name, [.. parameter.shape], offset, parameter.numel()));
            offset += parameter.numel();
        }

        var (type, device) = (parameters[0].Parameter.dtype, parameters[0].Parameter.device);
        var weights = empty(offset, type, device).DetachFromDisposeScope();
        var gradients = trained ? zeros(offset, type, device).DetachFromDisposeScope() : null;
        var buffer = new ParameterBuffer(slots, weights, gradients);
        foreach (var (slot, (_, parameter)) in slots.Zip(parameters))
        {
            var view = View(weights, slot);
            view.copy_(parameter);
            parameter.set_(view);
            parameter.requires_grad_(trained);
            if (gradients is not null)
            {
                var gradient = View(gradients, slot).DetachFromDisposeScope();
                parameter.grad = gradient;
                buffer._views.Add(gradient);
            }
        }

        return buffer;
    }

    /// <summary>The part of a flat tensor [n] that belongs to one parameter, in the parameter's shape.</summary>
    public static Tensor View(Tensor flat, ParameterSlot slot)
    {
        using var part = flat.narrow(0, slot.Offset, slot.Count);
        return part.view([.. slot.Shape]);
    }

    /// <summary>Releases both buffers; the network must not be used afterwards.</summary>
    public void Dispose()
    {
        foreach (var view in _views)
        {
            view.Dispose();
        }

        Weights.Dispose();
        Gradients?.Dispose();
    }
}
