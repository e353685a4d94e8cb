using DisBack.Diffusion.Data;
using DisBack.Diffusion.Features;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>How generated images compare with those of a data set.</summary>
public static class Evaluation
{
    /// <summary>Bounds the memory of one pass through the feature network.</summary>
    private const long Batch = 500;

    /// <summary>The Fréchet distance between features of <paramref name="samples"/> generated images and of the images of the reference.</summary>
    /// <param name="generate">
    /// Makes the images numbered first to first + count - 1: (first, count) to [count, C, R, R] in [-1, 1]. A sample should depend on its number alone.
    /// </param>
    /// <param name="samples">How many to make. FID falls with it by itself: compare figures of one count.</param>
    /// <param name="features">The feature network.</param>
    /// <param name="reference">What to compare with.</param>
    /// <param name="measures">What else is measured on the same images.</param>
    /// <exception cref="DisBackException">
    /// The reference has images of another shape than the samples, or features of another length, or a sample is not finite.
    /// </exception>
    public static double Fid(
        Func<long, long, Tensor> generate,
        long samples,
        IFeatureNetwork features,
        ReferenceStatistics reference,
        params IReadOnlyList<IFeatureMeasure> measures)
    {
        using var made = new FeatureStatistics();
        Extract(generate, samples, features, reference.Shape, measures, made.Add);
        reference.Require(made.Mean.shape[0]);
        using var covariance = made.Covariance();
        return FrechetDistance.Between(made.Mean, covariance, reference.Mean, reference.Covariance);
    }

    /// <summary>As <see cref="Fid"/>, with what compares images one by one, of the same generated images and as many real ones if there are so many.</summary>
    /// <remarks>Keeps the features of these in memory; nearest neighbours are looked for among all real images.</remarks>
    /// <param name="generate">As for <see cref="Fid"/>.</param>
    /// <param name="samples">How many to make.</param>
    /// <param name="features">The feature network.</param>
    /// <param name="data">The images to compare with.</param>
    /// <param name="asked">What is measured beside FID.</param>
    /// <param name="progress">Told how many real images were seen, and of how many.</param>
    /// <param name="measures">What else is measured on the same images.</param>
    /// <exception cref="DisBackException">As for <see cref="Fid"/>, or there are too few images, or so many that their features do not fit memory.</exception>
    /// <returns>The figures; the caller disposes them.</returns>
    public static SampleQuality Quality(
        Func<long, long, Tensor> generate,
        long samples,
        IFeatureNetwork features,
        ImageDataset data,
        QualityMeasures asked,
        Action<long, long>? progress = null,
        params IReadOnlyList<IFeatureMeasure> measures)
    {
        using var real = new FeatureStatistics();
        using var made = new FeatureStatistics();
        using var realRows = asked.Kid || asked.PrecisionRecall ? new EvenSample(data.Count, Math.Min(samples, data.Count)) : null;
        using var madeRows = new EvenSample(samples, samples);
        Extract(generate, samples, features, data.Images.shape[1..], measures, rows =>
        {
            made.Add(rows);
            madeRows.Add(rows);
        });
        var neighbours = asked.Neighbours > 0 ? new NearestNeighbours(madeRows.Rows, asked.Neighbours) : null;
        Extract(data, features, rows =>
        {
            real.Add(rows);
            realRows?.Add(rows);
            neighbours?.Add(rows);
            progress?.Invoke(real.Count, data.Count);
        });
        return new SampleQuality(
            FrechetDistance.Between(made, real),
            asked.Kid ? KernelDistance.Between(realRows!.Rows, madeRows.Rows) : null,
            asked.PrecisionRecall ? PrecisionRecall.Between(realRows!.Rows, madeRows.Rows) : null,
            neighbours);
    }

    /// <summary>What to warn of before FID is computed from fewer samples than a covariance of full rank takes; null if they suffice.</summary>
    /// <param name="samples">Number of generated images.</param>
    /// <param name="features">Length of a feature vector.</param>
    public static string? Warning(long samples, long features) => samples > features
        ? null
        : $"FID over {samples} samples with {features} feature dimensions is not meaningful; use at least {features + 1}, better {10 * features}.";

    private static void Extract(
        Func<long, long, Tensor> generate,
        long samples,
        IFeatureNetwork features,
        IReadOnlyList<long>? shape,
        IReadOnlyList<IFeatureMeasure> measures,
        Action<Tensor> use)
    {
        for (long first = 0; first < samples; first += Batch)
        {
            using var scope = NewDisposeScope();
            var images = generate(first, Math.Min(Batch, samples - first));
            if (shape is not null && !images.shape.Skip(1).SequenceEqual(shape))
            {
                throw new DisBackException(
                    $"Samples are [{string.Join(", ", images.shape[1..])}] where images of the reference are [{string.Join(", ", shape)}]: " +
                    "give the evaluation's reference the resolution and channels of the network.");
            }
            var rows = features.Extract(images);
            foreach (var measure in measures)
            {
                measure.Add(first, rows);
            }
            use(rows);
        }
    }

    /// <summary>Hands over the features of all images of a data set, batch by batch.</summary>
    internal static void Extract(ImageDataset data, IFeatureNetwork features, Action<Tensor> use)
    {
        foreach (var images in data.InOrder(Batch))
        {
            using var scope = NewDisposeScope();
            using (images)
            {
                use(features.Extract(images));
            }
        }
    }
}
