using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.TextToImage.Layers;

/// <summary>
/// Where a network keeps its parameters and in which element type, in which it computes as well. On the meta device a network of any size has names and shapes
/// and takes no memory.
/// </summary>
/// <param name="Device">The device.</param>
/// <param name="Type">A floating-point type.</param>
public readonly record struct Placement(Device Device, ScalarType Type)
{
    /// <summary>Names and shapes alone.</summary>
    public static Placement Shapes { get; } = new(new Device(DeviceType.META), ScalarType.Float32);

    /// <summary>Whether parameters have no memory, because they are set to those of another network next.</summary>
    internal bool IsShared { get; init; }

    /// <summary>Memory for a parameter, whose values are whatever was there: all networks here are loaded, or filled by whoever makes one.</summary>
    internal Parameter Reserve(params long[] shape) =>
        (Parameter)new Parameter(empty(IsShared ? [0] : shape, Type, Device), requires_grad: false).DetachFromDisposeScope();
}
