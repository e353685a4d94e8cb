namespace DisBack.Diffusion.Metrics;

/// <summary>How generated images compare with real ones.</summary>
/// <param name="Fid">The Fréchet distance; less is better.</param>
/// <param name="Precision">The share of generated images that look real, from 0 to 1.</param>
/// <param name="Recall">The share of real images that could have been generated, from 0 to 1.</param>
public sealed record SampleQuality(double Fid, double Precision, double Recall);
