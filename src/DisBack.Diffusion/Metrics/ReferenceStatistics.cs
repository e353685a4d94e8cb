using DisBack.Diffusion.Files.NumPy;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>What generated images are compared with: mean and covariance of the features of real ones.</summary>
/// <param name="Mean">float64 [F].</param>
/// <param name="Covariance">The unbiased covariance, float64 [F, F].</param>
/// <param name="Shape">[C, R, R] of the real images; null where nothing is known of them but their statistics.</param>
public sealed record ReferenceStatistics(Tensor Mean, Tensor Covariance, IReadOnlyList<long>? Shape) : IDisposable
{
    // The names of EDM's and pytorch-fid's files.
    private const string MeanName = "mu", CovarianceName = "sigma";
    private const string Advice = "name a file with the arrays mu [F] and sigma [F, F], as EDM's fid.py and pytorch-fid write it";

    /// <summary>A covariance is symmetric to within this part of its largest element.</summary>
    private const double Asymmetry = 1e-5;

    /// <summary>Reads what others have measured: <c>mu</c> and <c>sigma</c> of a file of NumPy's savez.</summary>
    /// <exception cref="DisBackException">The file is missing or damaged, or holds no mean with a covariance.</exception>
    public static ReferenceStatistics Read(string path)
    {
        using var scope = NewDisposeScope();
        using var file = NpzFile.Open(path, Advice);
        var (mean, covariance) = (file.Read(MeanName), file.Read(CovarianceName));
        if (mean.dim() != 1 || !covariance.shape.AsSpan().SequenceEqual([mean.shape[0], mean.shape[0]]))
        {
            throw file.Wrong($"has {MeanName} [{string.Join(", ", mean.shape)}] and {CovarianceName} [{string.Join(", ", covariance.shape)}], "
                + "which are no mean and its covariance");
        }
        if (!mean.isfinite().all().item<bool>() || !covariance.isfinite().all().item<bool>())
        {
            throw file.Wrong("has numbers that are not finite");
        }
        if (covariance.diagonal().min().item<double>() < 0
            || (covariance - covariance.t()).abs().max().item<double>() > Asymmetry * covariance.abs().max().item<double>())
        {
            throw file.Wrong($"has a {CovarianceName} that is no covariance: it is not symmetric, or a variance is negative");
        }
        return new(mean.DetachFromDisposeScope(), covariance.DetachFromDisposeScope(), null);
    }

    /// <summary>Refuses statistics of vectors of another length.</summary>
    /// <param name="features">How many features a network has.</param>
    /// <exception cref="DisBackException">They are of more features, or fewer.</exception>
    public void Require(long features)
    {
        if (Mean.shape[0] != features)
        {
            throw new DisBackException($"The statistics are of {Mean.shape[0]:N0} features where the network has {features:N0}: name those that were measured "
                + "with this network.");
        }
    }

    /// <summary>Writes a file that <see cref="Read"/> reads, and NumPy.</summary>
    public void Write(string path) => NpzFile.Write(path, [(MeanName, Mean), (CovarianceName, Covariance)]);

    /// <inheritdoc/>
    public void Dispose()
    {
        Mean.Dispose();
        Covariance.Dispose();
    }
}
