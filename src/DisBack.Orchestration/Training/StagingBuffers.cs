using DisBack.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>
/// Host memory that a state is copied into between two steps, so that training goes on while the copy is written and uploaded. Allocated by the
/// first state, page-locked where it comes from a CUDA device, and used again by the others, whose copy is then one pass over warm memory.
/// </summary>
/// <remarks>
/// One set, not two: a second one would hide a wait only where checkpoints come faster than the disk takes them, at the price of the whole state
/// once more in memory.
/// </remarks>
internal sealed class StagingBuffers : IDisposable
{
    /// <summary>Few enough that their bytes fit a span, whatever their type.</summary>
    private const long ChunkElements = 1L << 24;

    private readonly SemaphoreSlim _free = new(1, 1);
    private readonly Dictionary<string, Tensor> _buffers = [];

    /// <summary>
    /// Copies live tensors, waiting for the buffers first. <see cref="Release"/> gives the buffers back. Host memory is copied in the background, by one
    /// thread beside those that compute; what comes from a device is copied when this returns.
    /// </summary>
    public StagedState Copy(IReadOnlyList<(string Name, Tensor Value)> live, CancellationToken cancellation)
    {
#pragma warning disable RS0030 // On the training thread, which waits for the disk rather than fill memory.
        _free.Wait(cancellation);
#pragma warning restore RS0030
        using var untracked = no_grad();
        using var turn = live.Count == 0 ? null : CudaTurns.Take(live[0].Value.device, tf32: false);
        var copies = new (string, Tensor)[live.Count];
        var later = new List<(Tensor From, Tensor To)>();
        for (var i = 0; i < live.Count; i++)
        {
            var (name, value) = live[i];
            var buffer = BufferFor(name, value);
            copies[i] = (name, buffer);
            if (value.device_type == DeviceType.CPU && value.is_contiguous())
            {
                later.Add((value, buffer));
            }
            else
            {
                buffer.copy_(value);
            }
        }
        // Not to be cancelled: the caller frees what is copied from, and relies on its being done.
        return new(copies, Task.Run(() => later.ForEach(pair => CopyBytes(pair.From, pair.To)), CancellationToken.None));
    }

    /// <summary>The copies were written.</summary>
    public void Release() => _free.Release();

    public void Dispose()
    {
        foreach (var buffer in _buffers.Values)
        {
            buffer.Dispose();
        }
        _free.Dispose();
    }

    /// <summary>Not libtorch's own copy, which would keep a team of threads for every thread of the pool.</summary>
    private static void CopyBytes(Tensor from, Tensor to)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var (source, target) = (from.detach().view(-1), to.view(-1));
        for (var start = 0L; start < source.NumberOfElements; start += ChunkElements)
        {
            var count = Math.Min(ChunkElements, source.NumberOfElements - start);
            source.narrow(0, start, count).bytes.CopyTo(target.narrow(0, start, count).bytes);
        }
    }

    private Tensor BufferFor(string name, Tensor value)
    {
        if (_buffers.TryGetValue(name, out var buffer))
        {
            if (buffer.dtype == value.dtype && buffer.shape.SequenceEqual(value.shape))
            {
                return buffer;
            }
            buffer.Dispose();
        }
        return _buffers[name] = Allocate(value).DetachFromDisposeScope();
    }

    private static Tensor Allocate(Tensor like)
    {
        var pageable = empty(like.shape, like.dtype, CPU);
        if (like.device_type != DeviceType.CUDA)
        {
            return pageable;
        }
        using (pageable)
        {
            return pageable.pin_memory();
        }
    }
}
