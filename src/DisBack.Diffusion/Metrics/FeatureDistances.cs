using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>Squared Euclidean distances of features.</summary>
internal static class FeatureDistances
{
    /// <summary>A squared distance below this part of the squared lengths is nothing but the rounding of their difference.</summary>
    private const double Rounding = 1e-12;

    /// <summary>float64 [N, M] of rows [N, F] and columns [M, F], which products of matrices make many times faster than differences would.</summary>
    public static Tensor Squared(Tensor rows, Tensor columns)
    {
        var lengths = rows.square().sum(1).unsqueeze(1) + columns.square().sum(1).unsqueeze(0);
        var distances = rows.mm(columns.t()).mul_(-2).add_(lengths);
        return distances.masked_fill_(distances.lt(lengths.mul_(Rounding)), 0);
    }

    /// <summary>The rows in float64, block by block, with the number of the first row.</summary>
    public static IEnumerable<(long First, Tensor Rows)> Blocks(Tensor features, int block)
    {
        for (long first = 0; first < features.shape[0]; first += block)
        {
            using var part = features.narrow(0, first, Math.Min(block, features.shape[0] - first));
            using var rows = part.to(float64);
            yield return (first, rows);
        }
    }
}
