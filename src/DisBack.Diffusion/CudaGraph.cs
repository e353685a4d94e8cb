using System.Runtime.InteropServices;

namespace DisBack.Diffusion;

/// <summary>
/// What a thread issued to a CUDA device, recorded once and started again by a single call (CUDA C++ Programming Guide, "CUDA Graphs"): the same kernels
/// over the same memory.
/// </summary>
/// <remarks>TorchSharp does not bind at::cuda::CUDAGraph, so this calls it in the libtorch that is loaded.</remarks>
public sealed unsafe class CudaGraph : IDisposable
{
    /// <summary>Other threads may do whatever they like while this one records (cudaStreamCaptureModeRelaxed).</summary>
    private const int RelaxedMode = 2;

    /// <summary>More than an object of that class has had in any version of libtorch.</summary>
    private const int ObjectBytes = 4096;

    private static readonly nint s_library = NativeLibrary.Load("libtorch_cuda.so");

    private void* _graph;

    private CudaGraph()
    {
        _graph = NativeMemory.AlignedAlloc(ObjectBytes, 64);
        NativeMemory.Clear(_graph, ObjectBytes);
        ((delegate* unmanaged<void*, byte, void>)Export("C1Eb"))(_graph, 0);
    }

    /// <summary>Whether the calling thread can record: if it issues to a stream of its own, see <see cref="Devices.UseOwnStream"/>.</summary>
    public static bool CanRecord => Devices.OwnsStream;

    /// <summary>Records what an action issues, without doing it.</summary>
    /// <param name="issue">
    /// Waits for nothing on the device and copies nothing to it. It has run before, so that what libtorch prepares once is prepared.
    /// </param>
    /// <param name="sharing">
    /// A recording whose working memory this one uses too. The two are never replayed at once, and what one leaves in memory that it has freed is lost with the
    /// other's replay; null gives it memory of its own.
    /// </param>
    /// <remarks>Other threads wait for it with their next turn (<see cref="CudaTurns"/>).</remarks>
    public static CudaGraph Record(Action issue, CudaGraph? sharing = null)
    {
        using var alone = CudaTurns.TakeAlone();
        var graph = new CudaGraph();
        try
        {
            // A pool of memory apart from all else, for the addresses are part of the recording.
            var pool = sharing is null ? default : ((delegate* unmanaged<void*, PoolId>)Export("4poolEv"))(sharing._graph);
            var begin = (delegate* unmanaged<void*, PoolId, int, void>)Export("13capture_beginESt4pairIyyE21cudaStreamCaptureMode");
            begin(graph._graph, pool, RelaxedMode);
            try
            {
                issue();
            }
            finally
            {
                ((delegate* unmanaged<void*, void>)Export("11capture_endEv"))(graph._graph);
            }
            return graph;
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    /// <summary>Issues all that was recorded.</summary>
    public void Replay() => ((delegate* unmanaged<void*, void>)Export("6replayEv"))(_graph);

    /// <summary>Forgets the recording and gives its memory back.</summary>
    public void Dispose()
    {
        if (_graph is null)
        {
            return;
        }
        ((delegate* unmanaged<void*, void>)Export("D1Ev"))(_graph);
        NativeMemory.AlignedFree(_graph);
        _graph = null;
    }

    private static nint Export(string member) => NativeLibrary.GetExport(s_library, $"_ZN2at4cuda9CUDAGraph{member}");

    /// <summary>std::pair of two unsigned long long, which is passed in registers as it is there.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct PoolId
    {
        public readonly ulong First;
        public readonly ulong Second;
    }
}
