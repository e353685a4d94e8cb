using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>
/// The improved precision and recall of Kynkäänniemi et al. (2019): the share of generated images that lie where real ones are, and of real images
/// that lie where generated ones are. A set is where the balls around its features are, each of which reaches to the k-th nearest neighbour.
/// </summary>
public static class PrecisionRecall
{
    /// <summary>The neighbours that the paper uses.</summary>
    private const int Neighbours = 3;

    /// <summary>Distances are made for this many rows and columns at once, so that the matrix of all of them is never in memory.</summary>
    private const int Block = 1024;

    /// <summary>Precision and recall of two sets of features, from 0 to 1.</summary>
    /// <param name="real">Features of real images, floating point [N, F].</param>
    /// <param name="generated">Features of generated images, floating point [M, F]; best as many as real ones.</param>
    /// <param name="neighbours">k.</param>
    /// <exception cref="DisBackException">A set has too few features for k neighbours, or one that is NaN or infinite.</exception>
    public static (double Precision, double Recall) Between(Tensor real, Tensor generated, int neighbours = Neighbours) =>
        Between(real, generated, neighbours, Block);

    /// <summary>As <see cref="Between(Tensor, Tensor, int)"/>, with the given size of a block, on which the result does not depend.</summary>
    internal static (double Precision, double Recall) Between(Tensor real, Tensor generated, int neighbours, int block)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Require("real", real, neighbours);
        Require("generated", generated, neighbours);
        var (realReach, generatedReach) = (SquaredReach(real, neighbours, block), SquaredReach(generated, neighbours, block));
        var realReached = zeros(real.shape[0], @bool);
        var generatedReached = zeros(generated.shape[0], @bool);
        foreach (var (first, rows) in FeatureDistances.Blocks(real, block))
        {
            foreach (var (start, columns) in FeatureDistances.Blocks(generated, block))
            {
                using var inner = NewDisposeScope();
                var distances = FeatureDistances.Squared(rows, columns);
                var reachOfRows = realReach.narrow(0, first, rows.shape[0]).unsqueeze(1);
                var reachOfColumns = generatedReach.narrow(0, start, columns.shape[0]).unsqueeze(0);
                generatedReached.narrow(0, start, columns.shape[0]).logical_or_(distances.le(reachOfRows).any(0));
                realReached.narrow(0, first, rows.shape[0]).logical_or_(distances.le(reachOfColumns).any(1));
            }
        }
        return (Share(generatedReached), Share(realReached));
    }

    private static void Require(string kind, Tensor features, int neighbours)
    {
        if (features.shape[0] <= neighbours)
        {
            throw new DisBackException($"Precision and recall with {neighbours} neighbours need more than {neighbours} {kind} images, not "
                + $"{features.shape[0]}: evaluate with more.");
        }
        if (!features.isfinite().all().item<bool>())
        {
            throw new DisBackException($"Features of {kind} images are not finite: the network that made the images has diverged.");
        }
    }

    /// <summary>For each row its squared distance to the k-th nearest other one, float64 [N].</summary>
    private static Tensor SquaredReach(Tensor features, int neighbours, int block)
    {
        var reach = empty(features.shape[0], float64);
        foreach (var (first, rows) in FeatureDistances.Blocks(features, block))
        {
            using var perBlock = NewDisposeScope();
            // The row itself is among them, at distance 0.
            Tensor? nearest = null;
            foreach (var (_, columns) in FeatureDistances.Blocks(features, block))
            {
                using var inner = NewDisposeScope();
                var distances = FeatureDistances.Squared(rows, columns);
                var candidates = nearest is null ? distances : cat([nearest, distances], 1);
                var kept = candidates.topk((int)Math.Min(neighbours + 1, candidates.shape[1]), 1, largest: false, sorted: true).values;
                nearest = kept.MoveToOuterDisposeScope();
            }
            reach.narrow(0, first, rows.shape[0]).copy_(nearest![.., -1]);
        }
        return reach;
    }

    private static double Share(Tensor flags) => flags.to(float64).mean().item<double>();
}
