using System.Security.Cryptography;
using System.Text;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Features;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;

namespace DisBack.Diffusion.Metrics;

/// <summary>
/// The statistics of real images, measured once: in memory for the life of the process, and in a folder for those that come after it, under the digest of
/// the feature network and the images.
/// </summary>
/// <remarks>The folder holds F x F doubles for each pair, 32 MiB with the Inception network, and may be deleted at any time.</remarks>
/// <param name="cache">The folder of this machine for what can be made again, in which this has one of its own; null keeps nothing on disk.</param>
public sealed class ReferenceCache(string? cache = null)
{
    private readonly string? _folder = cache is null ? null : Path.Combine(cache, "statistics");
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Features, DatasetSettings Images, string? Statistics), ReferenceStatistics> _known = [];

    /// <summary>The statistics that an evaluation compares with; they stay the cache's.</summary>
    /// <param name="features">The feature network.</param>
    /// <param name="settings">The evaluation, whose statistics or images are files of this machine.</param>
    /// <param name="progress">Told how many real images were seen, and of how many, if they must be.</param>
    /// <exception cref="DisBackException">They cannot be read, or are those of another network.</exception>
    public ReferenceStatistics Of(IFeatureNetwork features, EvaluationSettings settings, Action<long, long>? progress = null)
    {
        // One at a time: runs that start together want the same reference, and reading it twice would be the waste this cache is against.
        lock (_gate)
        {
            var key = (features.Digest, settings.Reference, settings.Statistics);
            if (!_known.TryGetValue(key, out var known))
            {
                known = _known[key] = settings.Statistics is { } file ? ReferenceStatistics.Read(file) : OfImages(features, settings.Reference, progress);
            }
            return known;
        }
    }

    private ReferenceStatistics OfImages(IFeatureNetwork features, DatasetSettings images, Action<long, long>? progress)
    {
        using var data = ImageDataset.Load(images);
        var path = _folder is null ? null : Path.Combine(_folder, $"{KeyOf(features, data)}.npz");
        var shape = data.Images.shape[1..];
        if (path is not null && File.Exists(path))
        {
            try
            {
                return ReferenceStatistics.Read(path) with { Shape = shape };
            }
            catch (DisBackException)
            {
                // Damaged: it is measured again, and replaced.
            }
        }
        using var gathered = new FeatureStatistics();
        Evaluation.Extract(data, features, rows =>
        {
            gathered.Add(rows);
            progress?.Invoke(gathered.Count, data.Count);
        });
        var measured = new ReferenceStatistics(
            gathered.Mean.clone().DetachFromDisposeScope(), gathered.Covariance().DetachFromDisposeScope(), shape);
        if (path is not null)
        {
            Keep(measured, path);
        }
        return measured;
    }

    private static string KeyOf(IFeatureNetwork features, ImageDataset data) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{features.Digest} {data.Digest()}")));

    private static void Keep(ReferenceStatistics measured, string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            measured.Write(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A cache is no reason for anything to fail.
        }
    }
}
