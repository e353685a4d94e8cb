using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>
/// The squared Fréchet (2-Wasserstein) distance of two Gaussians, |m1 - m2|² + tr(S1 + S2 - 2 (S1 S2)^½), which is FID when the Gaussians are
/// fitted to features (Heusel et al. 2017, Eq. 6; Dowson and Landau 1982).
/// </summary>
public static class FrechetDistance
{
    /// <summary>The distance of two sets of features.</summary>
    /// <exception cref="DisBackException">A set has fewer than two vectors.</exception>
    public static double Between(FeatureStatistics a, FeatureStatistics b)
    {
        using var scope = NewDisposeScope();
        return Between(a.Mean, a.Covariance(), b.Mean, b.Covariance());
    }

    /// <summary>The distance of two Gaussians, from float64 means [F] and symmetric positive semi-definite covariances [F, F].</summary>
    /// <remarks>
    /// The trace of (S1 S2)^½ is the sum of the singular values of S1^½ S2^½, because their squares are the eigenvalues of S1 S2. No
    /// non-symmetric root is taken and nothing is inverted, so covariances may be singular: fewer samples than features, or dead features.
    /// </remarks>
    public static double Between(Tensor mean1, Tensor covariance1, Tensor mean2, Tensor covariance2)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var between = (mean1 - mean2).square().sum();
        var overlap = linalg.svdvals(Root(covariance1).mm(Root(covariance2))).sum();
        var distance = between + covariance1.trace() + covariance2.trace() - 2 * overlap;
        // Equal Gaussians may come out at minus a rounding error.
        return Math.Max(0, distance.item<double>());
    }

    /// <summary>The symmetric square root; eigenvalues that rounding made negative count as zero.</summary>
    private static Tensor Root(Tensor covariance)
    {
        var (values, vectors) = linalg.eigh(covariance);
        return (vectors * values.clamp_min(0).sqrt()).mm(vectors.t());
    }
}
