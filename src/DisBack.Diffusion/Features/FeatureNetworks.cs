using System.Security.Cryptography;
using DisBack.Diffusion.Files;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Features;

/// <summary>Opens feature networks by the name that a spec gives.</summary>
public static class FeatureNetworks
{
    /// <summary>
    /// What a TorchScript file begins with: it is a zip archive. A safetensors file with these bytes would have a header of 67 MB.
    /// </summary>
    private static readonly byte[] s_zip = "PK\u0003\u0004"u8.ToArray();

    /// <summary>Opens <c>digits</c>, or the file at a path, whose content says what it is.</summary>
    /// <remarks>
    /// A safetensors file holds a classifier that <see cref="ClassifierTraining"/> trained, or the Inception network of FID under the names of the
    /// public pytorch-fid weights, or VGG16 under those of torchvision. Any other network is a TorchScript file, which is a program.
    /// </remarks>
    /// <param name="features">The name or path.</param>
    /// <param name="trustCode">Whether whoever runs this process trusts TorchScript files; a worker of a cluster never does.</param>
    /// <param name="device">Where the network runs; null is the CPU.</param>
    /// <exception cref="DisBackException">There is no such file, or it holds none of these networks or damaged weights, or it is not trusted.</exception>
    public static IFeatureNetwork Open(string features, bool trustCode, Device? device = null)
    {
        if (features == EvaluationSettings.DigitFeatures)
        {
            return OpenShipped(device ?? CPU);
        }
        if (!File.Exists(features))
        {
            throw new DisBackException($"There is no feature network {features}: name '{EvaluationSettings.DigitFeatures}' or an existing file.");
        }
        if (!BeginsAsZip(features))
        {
            return OpenWeights(features, device ?? CPU);
        }
        return trustCode
            ? TorchScriptFeatures.Open(features, device)
            : throw new DisBackException(
                $"The features '{features}' are a TorchScript file, a program that could do whatever this process may: name "
                + $"'{EvaluationSettings.DigitFeatures}' or a safetensors file, or, in a data folder of your own and if you trust whoever made the file, "
                + "give --trust-code.");
    }

    /// <summary>Opens the shipped classifier of digits.</summary>
    internal static ClassifierFeatures OpenShipped(Device device)
    {
        // A safetensors file is read through a memory map, so the resource goes through a file for a moment.
        var path = Path.GetTempFileName();
        try
        {
            using (var weights = typeof(FeatureNetworks).Assembly.GetManifestResourceStream("DigitFeatures.safetensors")!)
            using (var file = File.Create(path))
            {
                weights.CopyTo(file);
            }
            return (ClassifierFeatures)OpenWeights(path, device);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static IFeatureNetwork OpenWeights(string path, Device device)
    {
        using var file = SafetensorsFile.Open(path);
        var weights = new FeatureWeights(file, device);
        using var stream = RegularFile.Open(path);
        var digest = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (ClassifierSettings.Describe(file.Metadata))
        {
            var settings = ClassifierSettings.Read(file.Metadata, path);
            return new ClassifierFeatures(ImageClassifier.Read(settings, weights), device, digest, file.Metadata);
        }
        if (file.Entries.ContainsKey(InceptionV3.FirstTensor))
        {
            return new InceptionV3(weights, device, digest);
        }
        if (file.Entries.ContainsKey(Vgg16.FirstTensor))
        {
            return new Vgg16(weights, device, digest);
        }
        throw new DisBackException($"The safetensors file {path} holds no feature network that is known: name one that 'disback features train' made, or "
            + $"the Inception weights of pytorch-fid (with a tensor {InceptionV3.FirstTensor}), or torchvision's VGG16 (with a tensor {Vgg16.FirstTensor}).");
    }

    private static bool BeginsAsZip(string path)
    {
        using var file = RegularFile.Open(path);
        try
        {
            var begin = new byte[s_zip.Length];
            return file.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false) == begin.Length && begin.SequenceEqual(s_zip);
        }
        catch (IOException cause)
        {
            throw new DisBackException($"Cannot read the feature network {path}: {cause.Message}", cause);
        }
    }
}
