using static TorchSharp.torch;

namespace DisBack.Diffusion.Features;

/// <summary>
/// The features of a small classifier of images of one kind, for example of the shipped one of digits. FID on them is not comparable with FID on
/// Inception features: it is for that kind of images, and needs no download.
/// </summary>
internal sealed class ClassifierFeatures(ImageClassifier classifier, Device device, string digest, IReadOnlyDictionary<string, string> origin) : IClassifier
{
    public string Digest { get; } = digest;

    public ImageClassifier Classifier { get; } = classifier;

    /// <summary>How the weights were made: the metadata of their file.</summary>
    public IReadOnlyDictionary<string, string> Origin { get; } = origin;

    public int Classes => Classifier.Settings.Classes;

    public Tensor Classify(Tensor features)
    {
        using var untracked = no_grad();
        using var scope = NewDisposeScope();
        return Classifier.classify(features.to(device)).MoveToOuterDisposeScope();
    }

    public Tensor Extract(Tensor images)
    {
        var channels = Classifier.Settings.Channels;
        if (images.dim() != 4 || images.shape[1] != channels)
        {
            throw new DisBackException($"These features are those of a classifier of {(channels == 1 ? "grey" : "RGB")} images [N, {channels}, H, W], not "
                + $"[{string.Join(", ", images.shape)}]: name the file of another network as features.");
        }
        return ExtractionPasses.Run(images, Classifier.Settings.ActivationBytes, device, Classifier.features);
    }

    public void Dispose() => Classifier.Dispose();
}
