using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion;

/// <summary>Devices by the names that people give them, set so that equal runs on one device give equal bytes.</summary>
public static class Devices
{
    private static readonly Lazy<int> s_cudaDevices = new(PrepareCuda);

    [ThreadStatic]
    private static bool s_ownsStream;

    /// <summary>The device of a name.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c> (the first one) or <c>cuda:N</c>.</param>
    /// <exception cref="DisBackException">No device has such a name, or this host has no such device.</exception>
    public static Device Open(string name)
    {
        if (name == "cpu")
        {
            return CPU;
        }
        var index = 0;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out index)))
        {
            throw new DisBackException($"There is no device '{name}': say cpu, cuda or cuda:N.");
        }
        var count = s_cudaDevices.Value;
        if (count == 0)
        {
            throw new DisBackException(
                $"The device {name} was asked for, but libtorch finds no CUDA device on this host: name an installed libtorch with CUDA in "
                    + $"{LibTorch.FolderVariable} and see that nvidia-smi lists the device, or compute on cpu.");
        }
        return index < count
            ? new Device(DeviceType.CUDA, index)
            : throw new DisBackException($"The device {name} was asked for, but the CUDA devices of this host are "
                + $"{string.Join(", ", Enumerable.Range(0, count).Select(i => $"cuda:{i}"))}: name one of them.");
    }

    /// <summary>A CPU tensor on a device, to be disposed like any other; nothing waits for the copy or for what the device does before it.</summary>
    /// <param name="tensor">On the CPU. If that is the device, it is the result.</param>
    /// <param name="device">Where it is needed.</param>
    public static Tensor SentTo(this Tensor tensor, Device device)
    {
        if (device.type == DeviceType.CPU)
        {
            return tensor;
        }
        if (device.type != DeviceType.CUDA)
        {
            return tensor.to(device);
        }
        // A copy from pageable memory would hold the host until the device has caught up. libtorch keeps page-locked memory until the copy is made.
        using var locked = tensor.pin_memory();
        return locked.to(device, non_blocking: true);
    }

    /// <summary>
    /// The calling thread issues to a stream of its own from now on: what other threads of this process issue does not queue before it, and what it issues can
    /// be recorded. It must not use what another thread has issued without waiting for it: <see cref="Settle"/>.
    /// </summary>
    /// <param name="device">Nothing happens on the CPU.</param>
    public static unsafe void UseOwnStream(Device device)
    {
        if (device.type != DeviceType.CUDA)
        {
            return;
        }
        // TorchSharp binds no streams: c10::cuda::getStreamFromPool(false, index) and setCurrentCUDAStream of the libtorch that is loaded.
        var library = NativeLibrary.Load("libc10_cuda.so");
        var take = (delegate* unmanaged<byte, sbyte, CudaStream>)NativeLibrary.GetExport(library, "_ZN3c104cuda17getStreamFromPoolEba");
        var use = (delegate* unmanaged<CudaStream, void>)NativeLibrary.GetExport(library, "_ZN3c104cuda20setCurrentCUDAStreamENS0_10CUDAStreamE");
        use(take(0, (sbyte)device.index));
        s_ownsStream = true;
    }

    /// <summary>Whether the calling thread has a stream of its own.</summary>
    internal static bool OwnsStream => s_ownsStream;

    /// <summary>Waits for all that any thread has issued to a device, so that every other thread may use it.</summary>
    public static void Settle(Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            cuda.synchronize(device);
        }
    }

    /// <summary>
    /// Sets what makes CUDA reproducible and as exact as the CPU, once per process; the workspace of cuBLAS is <see cref="LibTorch"/>'s part.
    /// </summary>
    /// <returns>The number of CUDA devices; 0 without one, or with a libtorch that has no CUDA.</returns>
    private static unsafe int PrepareCuda()
    {
        var count = cuda.device_count();
        if (count == 0)
        {
            return 0;
        }
        // On by default, and worth three decimal digits of every convolution; CudaTurns allows it to runs that ask for it.
        backends.cudnn.allow_tf32 = false;
        backends.cuda.matmul.allow_tf32 = false;
        // cuDNN's fastest gradients of convolutions add in the order in which threads arrive. TorchSharp does not bind
        // torch.backends.cudnn.deterministic, so this calls at::globalContext().setDeterministicCuDNN(true) of the libtorch that is loaded.
        var library = NativeLibrary.Load("libtorch_cpu.so");
        var context = ((delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "_ZN2at13globalContextEv"))();
        ((delegate* unmanaged<nint, byte, void>)NativeLibrary.GetExport(library, "_ZN2at7Context21setDeterministicCuDNNEb"))(context, 1);
        return count;
    }

    /// <summary>c10::cuda::CUDAStream: a device's type and index, and the number of the stream.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct CudaStream
    {
        private readonly short _device;
        private readonly long _id;
    }
}
