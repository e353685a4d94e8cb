using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// Features [B,C,H,W] whose channels are neighbours in memory. libtorch's convolutions on a CPU then need no copy of them in a layout of their own before and
/// after each call; all other layers keep the layout they are given.
/// </summary>
internal static class ChannelsLast
{
    /// <summary>Whether features are on a CPU and in this layout.</summary>
    public static bool Is(Tensor x) => x.device_type == DeviceType.CPU && x.stride(1) == 1;

    /// <summary>The same features in this layout, where that pays: on a CPU, with channels that fill its vectors.</summary>
    public static Tensor Of(Tensor x)
    {
        if (x.device_type != DeviceType.CPU || x.size(1) % GroupNormKernels.Lanes != 0)
        {
            return x;
        }
        using var scope = NewDisposeScope();
        return x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
