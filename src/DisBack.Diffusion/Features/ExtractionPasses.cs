using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Features;

/// <summary>Runs a network over images a few at a time, so that its activations fit a bounded amount of memory.</summary>
internal static class ExtractionPasses
{
    private const long MaxBytes = 512 << 20;

    /// <summary>On the CPU less: memory that is taken anew for each pass costs more there than a larger pass saves, a third of the time with digits.</summary>
    private const long MaxBytesOnCpu = 64 << 20;

    /// <summary>The rows that the network makes of the images, without gradients.</summary>
    /// <param name="images">[N, ...], on any device.</param>
    /// <param name="bytesPerImage">The most memory that the activations of one image take at once.</param>
    /// <param name="device">Where the network runs.</param>
    /// <param name="network">From some images on the device to a row for each.</param>
    public static Tensor Run(Tensor images, long bytesPerImage, Device device, Func<Tensor, Tensor> network)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var size = Math.Max(1, (device.type == DeviceType.CPU ? MaxBytesOnCpu : MaxBytes) / bytesPerImage);
        List<Tensor> rows = [];
        for (long first = 0; first < images.shape[0]; first += size)
        {
            using var pass = NewDisposeScope();
            var part = images.narrow(0, first, Math.Min(size, images.shape[0] - first));
            rows.Add(network(part.to(float32, device)).MoveToOuterDisposeScope());
        }
        return (rows.Count == 1 ? rows[0] : cat(rows, 0)).MoveToOuterDisposeScope();
    }
}
