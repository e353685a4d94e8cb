using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.Networks;

/// <summary>What happens to the resolution.</summary>
internal enum Resample
{
    None,
    Up,
    Down,
}

/// <summary>
/// Convolution with optional doubling or halving of the resolution by a separable filter (EDM, training/networks.py). Kernel 0 resamples only.
/// </summary>
internal sealed class Conv2d : nn.Module
{
    private readonly Parameter? weight;
    private readonly Parameter? bias;
    private readonly Tensor? resample_filter;
    private readonly Resample resample;
    private readonly bool fused;
    // The filter [1, 1] repeats each pixel or takes the mean of four, and libtorch's depthwise convolutions need another layout than channels last.
    private readonly bool box;
    private readonly long in_channels;
    private readonly long kernelPadding;
    private readonly long filterPadding;
    private LowRankAdapter? adapter;

    public Conv2d(
        int in_channels, int out_channels, int kernel, Initialization init, Generator generator,
        Resample resample = Resample.None, IReadOnlyList<double>? filter = null, bool fused = false)
        : base(nameof(Conv2d))
    {
        this.in_channels = in_channels;
        this.resample = resample;
        this.fused = fused;
        kernelPadding = kernel / 2;
        if (kernel > 0)
        {
            long fanIn = (long)in_channels * kernel * kernel, fanOut = (long)out_channels * kernel * kernel;
            weight = init.DrawWeight(generator, fanIn, fanOut, out_channels, in_channels, kernel, kernel);
            bias = init.DrawBias(generator, fanIn, fanOut, out_channels);
        }
        if (resample != Resample.None)
        {
            filter ??= [1, 1];
            box = filter is [1, 1];
            filterPadding = (filter.Count - 1) / 2;
            using var scope = NewDisposeScope();
            var taps = tensor(filter.Select(tap => (float)tap).ToArray());
            resample_filter = taps.outer(taps).div_(taps.sum().square()).view(1, 1, filter.Count, filter.Count).DetachFromDisposeScope();
        }
        RegisterComponents();
    }

    /// <summary>Features of the type that it is given, to which its weights are rounded.</summary>
    public Tensor forward(Tensor x)
    {
        if (resample == Resample.None)
        {
            return Convolved(x, kernelPadding);
        }
        using var scope = NewDisposeScope();
        var resampled = (fused, resample) switch
        {
            // Each value is then computed once and not four times.
            (_, Resample.Up) when kernelPadding == 0 && box && ChannelsLast.Is(x) => Upsampled(Convolved(x, 0), 0),
            (true, Resample.Up) => Convolved(Upsampled(x, Math.Max(filterPadding - kernelPadding, 0)), Math.Max(kernelPadding - filterPadding, 0)),
            (true, Resample.Down) => ConvolvedThenDownsampled(x),
            (false, Resample.Up) => Convolved(Upsampled(x, filterPadding), kernelPadding),
            _ => Convolved(Downsampled(x), kernelPadding),
        };
        return resampled.MoveToOuterDisposeScope();
    }

    /// <summary>Adds low-rank matrices to its weights, where it has any.</summary>
    public void Adapt(int rank, Generator init)
    {
        if (weight is not null)
        {
            register_module(LowRankAdapter.Name, adapter = new LowRankAdapter(weight, rank, init));
        }
    }

    private Tensor Weight => adapter?.AddedTo(weight!) ?? weight!;

    private Tensor Convolved(Tensor x, long padding) =>
        weight is null ? x : functional.conv2d(x, Weight.RoundedTo(x.dtype), bias?.RoundedTo(x.dtype), padding: [padding, padding]);

    /// <summary>Transposed depthwise convolution with four times the filter, as three of four pixels between the old ones are new.</summary>
    private Tensor Upsampled(Tensor x, long padding) => box && ChannelsLast.Is(x)
        ? functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest)
        : functional.conv_transpose2d(x, Depthwise(x, in_channels).mul(4), strides: [2, 2], padding: [padding, padding], groups: in_channels);

    private Tensor Downsampled(Tensor x) => box && ChannelsLast.Is(x)
        ? functional.avg_pool2d(x, 2)
        : functional.conv2d(x, Depthwise(x, in_channels), strides: [2, 2], padding: [filterPadding, filterPadding], groups: in_channels);

    /// <summary>Padding for both comes first, and the bias last.</summary>
    private Tensor ConvolvedThenDownsampled(Tensor x)
    {
        var padding = kernelPadding + filterPadding;
        var features = functional.conv2d(x, Weight.RoundedTo(x.dtype), null, padding: [padding, padding]);
        return functional.conv2d(features, Depthwise(x, features.size(1)), bias?.RoundedTo(x.dtype), strides: [2, 2], groups: features.size(1));
    }

    private Tensor Depthwise(Tensor x, long channels) => resample_filter!.RoundedTo(x.dtype).expand(channels, -1, -1, -1);
}
