using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion;

/// <summary>
/// Whose turn it is to issue to the CUDA devices, where several runs share a process. libtorch has one switch for TF32 in a process, which each product looks
/// at as it is issued, and while one thread records what it issues no other may issue anything.
/// </summary>
public static class CudaTurns
{
    private enum Kind
    {
        Exact,
        Tf32,
        Alone,
    }

    private static readonly object s_gate = new();
    private static readonly int[] s_waiting = new int[3];
    private static Kind s_kind;
    private static int s_holders;

    // What the calling thread holds, and whether its products are made in TF32.
    [ThreadStatic]
    private static Kind? s_own;
    [ThreadStatic]
    private static bool s_tf32;

    /// <summary>
    /// Waits until the calling thread may issue, together with all that agree with it; within another turn of the same thread it replaces that one until it
    /// ends.
    /// </summary>
    /// <param name="device">Where the thread computes; the CPU needs no turns.</param>
    /// <param name="tf32">Whether products may be made in TF32.</param>
    /// <returns>Ends the turn when it is disposed, on the same thread; null where there is nothing to end.</returns>
    public static IDisposable? Take(Device device, bool tf32)
    {
        var kind = tf32 ? Kind.Tf32 : Kind.Exact;
        return device.type != DeviceType.CUDA || s_own == kind ? null : new Turn(kind, tf32);
    }

    /// <summary>Gives up the turn of the calling thread while it waits for another run of the process, which may need one itself.</summary>
    /// <returns>Takes the turn again when it is disposed, on the same thread; null where the thread has none.</returns>
    public static IDisposable? Yield() => s_own is null ? null : new Turn(null, s_tf32);

    /// <summary>The turn of a thread that records: nobody else issues until it ends. Products are made as in the turn that it is taken in.</summary>
    internal static IDisposable TakeAlone() => new Turn(Kind.Alone, s_tf32);

    private sealed class Turn : IDisposable
    {
        private readonly Kind? _before = s_own;
        private readonly bool _tf32Before = s_tf32;

        public Turn(Kind? kind, bool tf32) => Change(kind, tf32);

        public void Dispose() => Change(_before, _tf32Before);

        /// <summary>Gives up what the thread holds and takes something else: never does it wait for others while others wait for it.</summary>
        private static void Change(Kind? to, bool tf32)
        {
            lock (s_gate)
            {
                if (s_own is not null && --s_holders == 0)
                {
                    Monitor.PulseAll(s_gate);
                }
                (s_own, s_tf32) = (to, tf32);
                if (to is not { } kind)
                {
                    return;
                }
                while (s_holders > 0 && !Agrees(kind))
                {
                    s_waiting[(int)kind]++;
#pragma warning disable RS0030 // On a training thread, which has nothing else to do.
                    Monitor.Wait(s_gate);
#pragma warning restore RS0030
                    s_waiting[(int)kind]--;
                }
                s_kind = kind;
                s_holders++;
                if (backends.cuda.matmul.allow_tf32 != tf32)
                {
                    backends.cudnn.allow_tf32 = backends.cuda.matmul.allow_tf32 = tf32;
                }
            }
        }

        /// <summary>Who agrees with the holders still waits behind those who do not: otherwise they could wait for ever.</summary>
        private static bool Agrees(Kind kind) =>
            kind == s_kind && kind != Kind.Alone && s_waiting.Sum() == s_waiting[(int)kind];
    }
}
