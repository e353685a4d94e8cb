using System.Security.Cryptography;
using DisBack.Diffusion.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>
/// The 64 penultimate features of a small classifier of handwritten digits whose weights are inside this assembly. FID on them is not
/// comparable with FID on Inception features: it is for digits, and needs no download.
/// </summary>
internal sealed class DigitFeatures : IFeatureNetwork
{
    private readonly Device _device;

    private DigitFeatures(DigitClassifier classifier, Device device, string digest, IReadOnlyDictionary<string, string> origin) =>
        (Classifier, _device, Digest, Origin) = (classifier, device, digest, origin);

    public string Digest { get; }

    public DigitClassifier Classifier { get; }

    /// <summary>How the weights were made: the metadata of their file.</summary>
    public IReadOnlyDictionary<string, string> Origin { get; }

    /// <summary>Opens the shipped weights.</summary>
    public static DigitFeatures Open(Device? device = null)
    {
        // A safetensors file is read through a memory map, so the resource goes through a file for a moment.
        var path = Path.GetTempFileName();
        try
        {
            using (var weights = typeof(DigitFeatures).Assembly.GetManifestResourceStream("DigitFeatures.safetensors")!)
            using (var file = File.Create(path))
            {
                weights.CopyTo(file);
            }
            return Open(path, device);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Opens weights that <see cref="DigitClassifierTraining"/> wrote.</summary>
    public static DigitFeatures Open(string path, Device? device = null)
    {
        using var weights = SafetensorsFile.Open(path);
        using var init = new Generator(0);
        var classifier = new DigitClassifier(init);
        using (no_grad())
        {
            StrictLoading.Load(weights, classifier.named_parameters().Select(p => (p.name, (Tensor)p.parameter)));
        }
        classifier.eval();
        using var file = File.OpenRead(path);
        return new DigitFeatures(classifier.to(device ?? CPU), device ?? CPU, Convert.ToHexStringLower(SHA256.HashData(file)), weights.Metadata);
    }

    public Tensor Extract(Tensor images)
    {
        if (images.dim() != 4 || images.shape[1] != 1)
        {
            throw new DisBackException($"The digit features need grey images [N, 1, H, W], not [{string.Join(", ", images.shape)}]: name a TorchScript "
                + "file as features.");
        }
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        return Classifier.features(images.to(float32, _device)).MoveToOuterDisposeScope();
    }

    public void Dispose() => Classifier.Dispose();
}
