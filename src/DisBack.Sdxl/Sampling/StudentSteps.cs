using DisBack.Diffusion.Files;
using DisBack.Sdxl.Models;

namespace DisBack.Sdxl.Sampling;

/// <summary>The time steps that a student of a model was trained at, as the files say that were added to the model.</summary>
internal static class StudentSteps
{
    /// <summary>A level of a file is one of the table but for what is lost in writing it.</summary>
    private const double Tolerance = 1e-6;

    /// <summary>The time steps, falling; null where no file says them.</summary>
    /// <param name="source">The model.</param>
    /// <param name="table">Its noise levels.</param>
    /// <exception cref="DisBackException">A file cannot be read, or says levels that the model does not have.</exception>
    public static IReadOnlyList<int>? Of(ModelSource source, NoiseTable table)
    {
        foreach (var path in source.Adapters.Select(adapter => adapter.Path).Prepend(source.UNet).OfType<string>())
        {
            using var file = WeightsFile.Open(path);
            if (StudentLevels.Read(file.Metadata, path) is { UnitInput: true } levels)
            {
                return [.. levels.Sigmas.Select(sigma => Nearest(table, sigma, path))];
            }
        }
        return null;
    }

    private static int Nearest(NoiseTable table, double sigma, string path)
    {
        var nearest = Enumerable.Range(0, table.Steps).MinBy(timestep => Math.Abs(table.Sigma(timestep) - sigma));
        return Math.Abs(table.Sigma(nearest) - sigma) <= Tolerance * sigma
            ? nearest
            : throw new DisBackException(FormattableString.Invariant($"'{path}' is of a student of the noise level {sigma:0.####}, which this model does not ")
                + "have: draw with the model that it was distilled from.");
    }
}
