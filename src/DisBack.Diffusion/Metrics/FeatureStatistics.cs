using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>Mean and covariance of features, gathered batch by batch in float64.</summary>
/// <remarks>
/// Keeps the mean and the sum of outer products around it, and joins batches by Chan, Golub and LeVeque (1979). The textbook form
/// E[xx'] - E[x]E[x]' would lose all digits of a small variance around a large mean.
/// </remarks>
public sealed class FeatureStatistics : IDisposable
{
    private Tensor? _mean;   // [F]
    private Tensor? _spread; // [F, F]: the sum of (x - mean)(x - mean)'

    /// <summary>Number of vectors seen.</summary>
    public long Count { get; private set; }

    /// <summary>float64 [F].</summary>
    /// <exception cref="DisBackException">Nothing was added yet.</exception>
    public Tensor Mean => _mean ?? throw TooFew();

    /// <summary>The unbiased covariance (n - 1), float64 [F, F]; a new tensor of the caller.</summary>
    /// <exception cref="DisBackException">Fewer than two vectors were added.</exception>
    public Tensor Covariance() => Count > 1 ? _spread! / (Count - 1) : throw TooFew();

    /// <summary>Adds the rows of <paramref name="features"/>, [n, F] of any floating-point type and device.</summary>
    /// <exception cref="DisBackException">A feature is NaN or infinite, or there are more or fewer features than before.</exception>
    public void Add(Tensor features)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (added, width) = (features.shape[0], features.shape[1]);
        if (added == 0)
        {
            return;
        }
        if (_mean is not null && _mean.shape[0] != width)
        {
            throw new DisBackException($"A batch has {width} features where earlier ones had {_mean.shape[0]}: use one feature network for all samples.");
        }
        var x = features.to(float64).cpu();
        if (!x.isfinite().all().item<bool>())
        {
            throw new DisBackException($"Features of samples {Count} to {Count + added - 1} are not finite: the network that made the samples has diverged.");
        }

        var mean = x.mean([0]);
        var centred = x - mean;
        // mm, here and in FrechetDistance: a failure inside TorchSharp 0.107's matmul is thrown through its C interface, which ends the process.
        var spread = centred.t().mm(centred);
        if (_mean is not null)
        {
            var total = Count + added;
            var shift = mean - _mean;
            spread = _spread! + spread + shift.outer(shift) * ((double)Count * added / total);
            mean = _mean + shift * ((double)added / total);
        }
        Dispose();
        (_mean, _spread) = (mean.DetachFromDisposeScope(), spread.DetachFromDisposeScope());
        Count += added;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mean?.Dispose();
        _spread?.Dispose();
    }

    private DisBackException TooFew() => new($"Statistics of {Count} samples have no covariance: evaluate with two samples or more.");
}
