using DisBack.Diffusion;
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
    private readonly SemaphoreSlim _free = new(1, 1);
    private readonly Dictionary<string, Tensor> _buffers = [];

    /// <summary>Copies live tensors, waiting for the buffers first. <see cref="Release"/> gives the buffers back.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Copy(IReadOnlyList<(string Name, Tensor Value)> live, CancellationToken cancellation)
    {
#pragma warning disable RS0030 // On the training thread: its state must not change before it is copied.
        _free.Wait(cancellation);
#pragma warning restore RS0030
        using var untracked = no_grad();
        using var turn = live.Count == 0 ? null : CudaTurns.Take(live[0].Value.device, tf32: false);
        var copies = new (string, Tensor)[live.Count];
        for (var i = 0; i < live.Count; i++)
        {
            var (name, value) = live[i];
            var buffer = BufferFor(name, value);
            // libtorch's own copy: on all threads of this one, and straight from the device.
            buffer.copy_(value);
            copies[i] = (name, buffer);
        }
        return copies;
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
        if (like.device_type != TorchSharp.DeviceType.CUDA)
        {
            return pageable;
        }
        using (pageable)
        {
            return pageable.pin_memory();
        }
    }
}
