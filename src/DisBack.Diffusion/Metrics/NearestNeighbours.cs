using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>The real images whose features are nearest to those of generated ones: what a generator that memorises gives back.</summary>
public sealed class NearestNeighbours : IDisposable
{
    /// <summary>
    /// A generated image is a copy if the nearest real one is this much nearer than the second: that no image of a distribution is by chance (Yoon et al.
    /// 2023, "Diffusion Probabilistic Models Generalize when They Fail to Memorize").
    /// </summary>
    private const double CopyRatio = 1.0 / 3;

    /// <summary>Distances are made for this many generated images at once.</summary>
    private const int Block = 4096;

    private readonly Tensor _generated;
    private readonly int _count;
    private Tensor? _distances; // [N, count], squared
    private Tensor? _indices;   // [N, count]
    private long _seen;

    /// <summary>Neighbours among real images that are still to come.</summary>
    /// <param name="generated">Features of generated images, floating point [N, F], which stay the caller's.</param>
    /// <param name="count">How many neighbours of each, at least 2.</param>
    public NearestNeighbours(Tensor generated, int count) => (_generated, _count) = (generated, count);

    /// <summary>The numbers of the nearest real images, from the nearest on, int64 [N, count].</summary>
    public Tensor Indices => _indices!;

    /// <summary>The share of the generated images that are copies of a real one, from 0 to 1.</summary>
    public double Copies
    {
        get
        {
            using var scope = NewDisposeScope();
            // Where the two nearest are both at distance 0, the data holds an image twice.
            var (nearest, second) = (_distances!.select(1, 0), _distances.select(1, 1));
            return nearest.lt(second * (CopyRatio * CopyRatio)).to(float64).mean().item<double>();
        }
    }

    /// <summary>Takes the features [n, F] of the next real images.</summary>
    public void Add(Tensor features)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var columns = features.to(float64).cpu();
        List<Tensor> distances = [], indices = [];
        foreach (var (first, rows) in FeatureDistances.Blocks(_generated, Block))
        {
            using var inner = NewDisposeScope();
            var (here, numbers) = (FeatureDistances.Squared(rows, columns), arange(_seen, _seen + columns.shape[0]).expand(rows.shape[0], -1));
            if (_distances is not null)
            {
                here = cat([_distances.narrow(0, first, rows.shape[0]), here], 1);
                numbers = cat([_indices!.narrow(0, first, rows.shape[0]), numbers], 1);
            }
            var (kept, places) = here.topk((int)Math.Min(_count, here.shape[1]), 1, largest: false, sorted: true);
            distances.Add(kept.MoveToOuterDisposeScope());
            indices.Add(numbers.gather(1, places).MoveToOuterDisposeScope());
        }
        Dispose();
        (_distances, _indices) = (cat(distances, 0).DetachFromDisposeScope(), cat(indices, 0).DetachFromDisposeScope());
        _seen += columns.shape[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _distances?.Dispose();
        _indices?.Dispose();
    }
}
