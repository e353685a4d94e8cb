namespace DisBack.Diffusion.Metrics;

/// <summary>How generated images compare with real ones.</summary>
/// <param name="Fid">The Fréchet distance; less is better.</param>
/// <param name="Kid">
/// The kernel distance, less is better, and its standard deviation over subsets, null where there is one subset; null if it was not asked for.
/// </param>
/// <param name="PrecisionRecall">
/// The share of generated images that look real, and of real images that could have been generated, from 0 to 1; null if it was not asked for.
/// </param>
/// <param name="Neighbours">The real images that are nearest to the generated ones; null if they were not asked for.</param>
public sealed record SampleQuality(
    double Fid, (double Mean, double? Std)? Kid, (double Precision, double Recall)? PrecisionRecall, NearestNeighbours? Neighbours) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Neighbours?.Dispose();
}
