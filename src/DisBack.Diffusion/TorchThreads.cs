using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace DisBack.Diffusion;

/// <summary>
/// Computes on the threads that libtorch computes on. What libtorch is asked for on one of them it computes on that one alone, and so do the libraries that it
/// calls: to them this is one of their own parallel loops.
/// </summary>
public static unsafe class TorchThreads
{
    // Entry points of OpenMP in the library that libtorch_cpu depends on; the first is what compiled code calls where a pragma stands.
    private static readonly delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void> s_parallel;
    private static readonly delegate* unmanaged<int, void> s_setThreads;

    static TorchThreads()
    {
        // Loads libtorch.
        _ = get_num_threads();
        if (NativeLibrary.TryLoad("libtorch_cpu.so", typeof(TorchThreads).Assembly, null, out var library)
            && NativeLibrary.TryGetExport(library, "GOMP_parallel", out var parallel)
            && NativeLibrary.TryGetExport(library, "omp_set_num_threads", out var setThreads))
        {
            s_parallel = (delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void>)parallel;
            s_setThreads = (delegate* unmanaged<int, void>)setThreads;
        }
    }

    /// <summary>Sets the number of libtorch's threads for what the calling thread computes from now on.</summary>
    public static void Use(int threads)
    {
        // libtorch sets its process-wide number once in every thread, before its first operation there: afterwards it would replace this one.
        _ = get_num_threads();
        set_num_threads(threads);
    }

    /// <summary>Calls an action for every part once, in any order, each on a thread of its own; one after another where OpenMP starts no threads.</summary>
    /// <param name="parts">Number of parts.</param>
    /// <param name="compute">Gets the part's number. What it throws is thrown here when all parts have ended.</param>
    internal static void Run(int parts, Action<int> compute)
    {
        var work = new Work(parts, compute);
        if (parts > 1 && s_parallel != null)
        {
            var handle = GCHandle.Alloc(work);
            // Never a smaller team than libtorch's own: the threads that are too many would end, and be started again for its next operation.
            s_parallel(&Join, GCHandle.ToIntPtr(handle), (uint)Math.Max(parts, get_num_threads()), 0);
            handle.Free();
        }
        while (work.ComputeNext())
        {
        }
        work.Failure?.Throw();
    }

    [UnmanagedCallersOnly]
    private static void Join(nint handle)
    {
        // oneDNN plans for as many threads as it may start, and waits for ever for one that does not come. This holds for this loop only; libtorch sets its own
        // number once in every thread, so that comes first.
        _ = get_num_threads();
        s_setThreads(1);
        Unsafe.As<Work>(GCHandle.FromIntPtr(handle).Target!).ComputeNext();
    }

    private sealed class Work(int parts, Action<int> compute)
    {
        private int _next = -1;

        public ExceptionDispatchInfo? Failure { get; private set; }

        /// <summary>Computes a part that nobody else does; false when there is none left.</summary>
        public bool ComputeNext()
        {
            var part = Interlocked.Increment(ref _next);
            if (part >= parts)
            {
                return false;
            }
            try
            {
                compute(part);
            }
            catch (Exception e)
            {
                // No exception may pass through the native caller.
                Failure = ExceptionDispatchInfo.Capture(e);
            }
            return true;
        }
    }
}
