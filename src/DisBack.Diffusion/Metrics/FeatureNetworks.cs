using DisBack.Specs.Evaluations;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>Opens feature networks by the name that a spec gives.</summary>
public static class FeatureNetworks
{
    /// <summary>Opens <c>digits</c>, or the TorchScript file at a path, which is a program.</summary>
    /// <param name="features">The name or path.</param>
    /// <param name="trustCode">Whether whoever runs this process trusts such files; a worker of a cluster never does.</param>
    /// <param name="device">Where the network runs; null is the CPU.</param>
    /// <exception cref="DisBackException">A file is not trusted, there is no such file, or it is no TorchScript module.</exception>
    public static IFeatureNetwork Open(string features, bool trustCode, Device? device = null) => features == EvaluationSettings.DigitFeatures
        ? DigitFeatures.Open(device)
        : trustCode
        ? TorchScriptFeatures.Open(features, device)
        : throw new DisBackException(
            $"The features '{features}' are a TorchScript file, a program that could do whatever this process may: name '{EvaluationSettings.DigitFeatures}', "
            + "or, in a data folder of your own and if you trust whoever made the file, give --trust-code.");
}
