using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Groups;

/// <summary>The elements of several tensors as one row of numbers in the memory of the host. What lies on a device is copied there and back.</summary>
internal sealed class HostNumbers : IDisposable
{
    private delegate void Copying(Span<float> numbers, Span<float> other);

    private readonly IReadOnlyList<Tensor> _tensors;
    private readonly Tensor[] _flat;
    private readonly long[] _starts;

    /// <param name="tensors">Contiguous tensors of float32.</param>
    public HostNumbers(IReadOnlyList<Tensor> tensors)
    {
        using var untracked = no_grad();
        _tensors = tensors;
        _flat = new Tensor[tensors.Count];
        _starts = new long[tensors.Count];
        for (var i = 0; i < tensors.Count; i++)
        {
            if (tensors[i].dtype != ScalarType.Float32 || !tensors[i].is_contiguous())
            {
                throw new ArgumentException($"Tensor {i} is not a contiguous one of float32.", nameof(tensors));
            }
            using var scope = NewDisposeScope();
            _starts[i] = Count;
            _flat[i] = tensors[i].detach().view(-1).cpu().DetachFromDisposeScope();
            Count += _flat[i].NumberOfElements;
        }
    }

    /// <summary>How many numbers.</summary>
    public long Count { get; }

    /// <summary>Copies some of them out.</summary>
    public void Read(long first, Span<float> to) => Visit(first, to, static (numbers, to) => numbers.CopyTo(to));

    /// <summary>Overwrites some of them.</summary>
    public void Write(long first, Span<float> from) => Visit(first, from, static (numbers, from) => from.CopyTo(numbers));

    /// <summary>Brings what was written to the tensors that lie on a device.</summary>
    public void Store()
    {
        using var untracked = no_grad();
        for (var i = 0; i < _tensors.Count; i++)
        {
            if (_tensors[i].device_type != DeviceType.CPU)
            {
                using var shaped = _flat[i].view(_tensors[i].shape);
                _tensors[i].copy_(shaped);
            }
        }
    }

    public void Dispose()
    {
        foreach (var numbers in _flat)
        {
            numbers.Dispose();
        }
    }

    /// <summary>Not by libtorch's own copies, which would keep a team of threads for every thread of the pool.</summary>
    private void Visit(long first, Span<float> other, Copying visit)
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < _flat.Length && other.Length > 0; i++)
        {
            var (from, left) = (first - _starts[i], _flat[i].NumberOfElements - (first - _starts[i]));
            if (left <= 0)
            {
                continue;
            }
            var count = (int)Math.Min(left, other.Length);
            visit(MemoryMarshal.Cast<byte, float>(_flat[i].narrow(0, from, count).bytes), other[..count]);
            first += count;
            other = other[count..];
        }
    }

}
