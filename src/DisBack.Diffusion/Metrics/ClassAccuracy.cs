using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Features;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>The part of generated images that a classifier takes for the class that they were to show.</summary>
public sealed class ClassAccuracy : IFeatureMeasure
{
    private readonly IClassifier _classifier;
    private readonly Func<long, long, Condition?> _shown;
    private long _right;
    private long _all;

    private ClassAccuracy(IClassifier classifier, Func<long, long, Condition?> shown) => (_classifier, _shown) = (classifier, shown);

    /// <summary>From 0 to 1, of all images so far.</summary>
    public double Value => (double)_right / _all;

    /// <summary>The accuracy by a network of features, or null where it tells no classes apart, or another number of them.</summary>
    /// <param name="features">The network of features.</param>
    /// <param name="classes">Number of classes of the images; 0 is none.</param>
    /// <param name="shown">What the images numbered first to first + count - 1 are to show, by (first, count).</param>
    public static ClassAccuracy? By(IFeatureNetwork features, int classes, Func<long, long, Condition?> shown) =>
        features is IClassifier classifier && classifier.Classes == classes ? new(classifier, shown) : null;

    /// <inheritdoc/>
    public void Add(long first, Tensor features)
    {
        using var scope = NewDisposeScope();
        var shown = (ClassCondition)_shown(first, features.shape[0])!;
        var found = _classifier.Classify(features).argmax(1).cpu();
        _right += found.eq(shown.OneHot.argmax(1).cpu()).sum().item<long>();
        _all += features.shape[0];
    }
}
