using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>
/// Features of some images out of many that come batch by batch. The images are evenly spaced, because those of a data set may be ordered by class.
/// </summary>
/// <param name="total">How many images come.</param>
/// <param name="wanted">How many are kept, at most all.</param>
internal sealed class EvenSample(long total, long wanted) : IDisposable
{
    private Tensor? _rows;
    private long _seen, _kept;

    /// <summary>float32 [wanted, F], complete when all images have come.</summary>
    public Tensor Rows => _rows!;

    /// <summary>Takes the features [n, F] of the next images.</summary>
    /// <exception cref="DisBackException">The features of all wanted images do not fit the memory of this machine.</exception>
    public void Add(Tensor features)
    {
        using var scope = NewDisposeScope();
        _rows ??= Allocate(features.shape[1]).DetachFromDisposeScope();
        List<long> chosen = [];
        for (; _kept < wanted && Position(_kept) < _seen + features.shape[0]; _kept++)
        {
            chosen.Add(Position(_kept) - _seen);
        }
        if (chosen.Count > 0)
        {
            _rows.narrow(0, _kept - chosen.Count, chosen.Count).copy_(features.cpu().index_select(0, tensor(chosen)));
        }
        _seen += features.shape[0];
    }

    public void Dispose() => _rows?.Dispose();

    private long Position(long number) => (long)((Int128)number * total / wanted);

    private Tensor Allocate(long width)
    {
        var (needed, available) = (wanted * width * sizeof(float), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        return needed <= available
            ? empty([wanted, width], float32)
            : throw new DisBackException($"KID, precision and recall keep {width} features of each of {wanted} images, {needed >> 20} MiB, where this machine "
                + $"has {available >> 20} MiB: evaluate fewer images.");
    }
}
