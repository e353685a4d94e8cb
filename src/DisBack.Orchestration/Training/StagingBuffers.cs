using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>
/// Host memory that a state is copied into between two steps, so that training goes on while the copy is written and uploaded. Allocated once
/// and used again; a second state waits until the first one is written.
/// </summary>
internal sealed class StagingBuffers : IDisposable
{
    private readonly SemaphoreSlim _free = new(1, 1);
    private readonly Dictionary<string, Tensor> _buffers = [];

    /// <summary>Copies live tensors, waiting for the buffers first. <see cref="Release"/> gives the buffers back.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Copy(IReadOnlyList<(string Name, Tensor Value)> live, CancellationToken cancellation)
    {
        _free.Wait(cancellation);
        using var untracked = no_grad();
        var copies = new (string, Tensor)[live.Count];
        for (var i = 0; i < live.Count; i++)
        {
            var (name, value) = live[i];
            copies[i] = (name, BufferFor(name, value).copy_(value.detach()));
        }
        return copies;
    }

    /// <summary>The copies were written.</summary>
    public void Release() => _free.Release();

    public void Dispose()
    {
        foreach (var buffer in _buffers.Values) buffer.Dispose();
        _free.Dispose();
    }

    private Tensor BufferFor(string name, Tensor value)
    {
        if (_buffers.TryGetValue(name, out var buffer))
        {
            if (buffer.dtype == value.dtype && buffer.shape.SequenceEqual(value.shape)) return buffer;
            buffer.Dispose();
        }
        return _buffers[name] = empty(value.shape, value.dtype, CPU).DetachFromDisposeScope();
    }
}
