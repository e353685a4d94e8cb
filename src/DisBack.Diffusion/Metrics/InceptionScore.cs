using DisBack.Diffusion.Features;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.Metrics;

/// <summary>
/// The inception score of Salimans et al. (2016): exp of the mean divergence of what a classifier says of an image from what it says of all, in ten parts of
/// the images one after the other. It is what it is called only with the Inception network.
/// </summary>
public sealed class InceptionScore : IFeatureMeasure
{
    private const int Parts = 10;

    private readonly IClassifier _classifier;
    private readonly long _samples;
    private readonly (long Images, double[] Classes, double Entropy)[] _parts;

    private InceptionScore(IClassifier classifier, long samples)
    {
        (_classifier, _samples) = (classifier, samples);
        _parts = [.. Enumerable.Range(0, (int)Math.Min(Parts, samples)).Select(_ => (0L, new double[classifier.Classes], 0.0))];
    }

    /// <summary>Mean and standard deviation over the parts, once all images have come.</summary>
    public (double Mean, double Std) Value
    {
        get
        {
            var scores = _parts.Select(part => Math.Exp(part.Entropy / part.Images - Entropy([.. part.Classes.Select(sum => sum / part.Images)]))).ToList();
            var mean = scores.Average();
            return (mean, Math.Sqrt(scores.Average(score => (score - mean) * (score - mean))));
        }
    }

    /// <summary>The score by a network of features, or null where it tells no classes apart.</summary>
    /// <param name="features">The network of features.</param>
    /// <param name="samples">How many images come, at least 1.</param>
    public static InceptionScore? By(IFeatureNetwork features, long samples) => features is IClassifier classifier ? new(classifier, samples) : null;

    /// <inheritdoc/>
    public void Add(long first, Tensor features)
    {
        using var scope = NewDisposeScope();
        var said = functional.softmax(_classifier.Classify(features).to(float64), 1).cpu();
        var entropies = said.xlogy(said).sum(1);
        for (var row = 0L; row < said.shape[0];)
        {
            // Integer division spreads images evenly where they cannot be shared out exactly.
            var index = (int)((first + row) * _parts.Length / _samples);
            var end = ((index + 1) * _samples + _parts.Length - 1) / _parts.Length - first;
            var count = Math.Min(end, said.shape[0]) - row;
            var (images, classes, entropy) = _parts[index];
            var sums = said.narrow(0, row, count).sum([0]).data<double>();
            for (var i = 0; i < classes.Length; i++)
            {
                classes[i] += sums[i];
            }
            _parts[index] = (images + count, classes, entropy + entropies.narrow(0, row, count).sum().item<double>());
            row += count;
        }
    }

    /// <summary>The negative entropy, sum of p log p.</summary>
    private static double Entropy(double[] probabilities) => probabilities.Sum(p => p > 0 ? p * Math.Log(p) : 0);
}
