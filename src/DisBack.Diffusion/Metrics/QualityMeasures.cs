namespace DisBack.Diffusion.Metrics;

/// <summary>What is measured of images one by one, beside FID.</summary>
/// <param name="Kid">The kernel distance.</param>
/// <param name="PrecisionRecall">Precision and recall.</param>
/// <param name="Neighbours">How many nearest real images are looked for, at least 2; 0 is none.</param>
public sealed record QualityMeasures(bool Kid = false, bool PrecisionRecall = false, int Neighbours = 0)
{
    /// <summary>Whether nothing is.</summary>
    public bool AreNone => !Kid && !PrecisionRecall && Neighbours == 0;
}
