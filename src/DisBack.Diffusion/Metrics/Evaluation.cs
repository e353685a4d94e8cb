using DisBack.Diffusion.Data;
using DisBack.Diffusion.Features;
using DisBack.Specs.Data;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>How generated images compare with those of a data set.</summary>
public static class Evaluation
{
    /// <summary>Bounds the memory of one pass through the feature network.</summary>
    private const long Batch = 500;

    private static readonly Lock s_gate = new();
    private static readonly Dictionary<(string Features, DatasetSettings Reference), (FeatureStatistics Statistics, long[] Shape)> s_references = [];

    /// <summary>The Fréchet distance between features of <paramref name="samples"/> generated images and of all images of the reference.</summary>
    /// <param name="generate">
    /// Makes the images numbered first to first + count - 1: (first, count) to [count, C, R, R] in [-1, 1]. A sample should depend on its number alone.
    /// </param>
    /// <param name="samples">How many to make. FID falls with it by itself: compare figures of one count.</param>
    /// <param name="features">The feature network.</param>
    /// <param name="reference">The data set to compare with; its statistics are kept for the life of the process.</param>
    /// <param name="measures">What else is measured on the same images.</param>
    /// <exception cref="DisBackException">
    /// The reference cannot be read, or its images have another shape than the samples, or a sample is not finite.
    /// </exception>
    public static double Fid(
        Func<long, long, Tensor> generate,
        long samples,
        IFeatureNetwork features,
        DatasetSettings reference,
        params IReadOnlyList<IFeatureMeasure> measures)
    {
        var (real, shape) = ReferenceOf(features, reference);
        using var made = new FeatureStatistics();
        Extract(generate, samples, features, shape, measures, made.Add);
        return FrechetDistance.Between(made, real);
    }

    /// <summary>As <see cref="Fid"/>, with what compares images one by one, of the same generated images and as many real ones if there are so many.</summary>
    /// <remarks>Keeps the features of both in memory, and reads the reference again even if its statistics are known.</remarks>
    /// <param name="generate">As for <see cref="Fid"/>.</param>
    /// <param name="samples">How many to make.</param>
    /// <param name="features">The feature network.</param>
    /// <param name="reference">The data set to compare with.</param>
    /// <param name="kid">Whether the kernel distance is asked for.</param>
    /// <param name="precisionRecall">Whether precision and recall are.</param>
    /// <param name="measures">What else is measured on the same images.</param>
    /// <exception cref="DisBackException">As for <see cref="Fid"/>, or there are too few images, or so many that their features do not fit memory.</exception>
    public static SampleQuality Quality(
        Func<long, long, Tensor> generate,
        long samples,
        IFeatureNetwork features,
        DatasetSettings reference,
        bool kid,
        bool precisionRecall,
        params IReadOnlyList<IFeatureMeasure> measures)
    {
        using var data = ImageDataset.Load(reference);
        using var real = new FeatureStatistics();
        using var made = new FeatureStatistics();
        using var realRows = new EvenSample(data.Count, Math.Min(samples, data.Count));
        using var madeRows = new EvenSample(samples, samples);
        Extract(data, features, rows =>
        {
            real.Add(rows);
            realRows.Add(rows);
        });
        Extract(generate, samples, features, data.Images.shape[1..], measures, rows =>
        {
            made.Add(rows);
            madeRows.Add(rows);
        });
        return new SampleQuality(
            FrechetDistance.Between(made, real),
            kid ? KernelDistance.Between(realRows.Rows, madeRows.Rows) : null,
            precisionRecall ? PrecisionRecall.Between(realRows.Rows, madeRows.Rows) : null);
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
        long[] shape,
        IReadOnlyList<IFeatureMeasure> measures,
        Action<Tensor> use)
    {
        for (long first = 0; first < samples; first += Batch)
        {
            using var scope = NewDisposeScope();
            var images = generate(first, Math.Min(Batch, samples - first));
            if (!images.shape.AsSpan(1).SequenceEqual(shape))
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

    private static void Extract(ImageDataset data, IFeatureNetwork features, Action<Tensor> use)
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

    /// <summary>Reads the reference now, so that its file is not needed when the first samples come.</summary>
    /// <exception cref="DisBackException">The reference cannot be read, or the network takes no such images.</exception>
    public static void Prepare(IFeatureNetwork features, DatasetSettings reference) => ReferenceOf(features, reference);

    private static (FeatureStatistics Statistics, long[] Shape) ReferenceOf(IFeatureNetwork features, DatasetSettings reference)
    {
        // One at a time: runs that start together want the same reference, and reading it twice would be the waste this cache is against.
        lock (s_gate)
        {
            if (s_references.TryGetValue((features.Digest, reference), out var known))
            {
                return known;
            }
            using var data = ImageDataset.Load(reference);
            var statistics = new FeatureStatistics();
            Extract(data, features, statistics.Add);
            return s_references[(features.Digest, reference)] = (statistics, data.Images.shape[1..]);
        }
    }
}
