using static TorchSharp.torch;

namespace DisBack.Diffusion.Metrics;

/// <summary>Opens feature networks by the name that a spec gives.</summary>
public static class FeatureNetworks
{
    /// <summary>The name of the shipped <see cref="DigitFeatures"/>.</summary>
    public const string Digits = "digits";

    /// <summary>Opens <c>digits</c>, or the TorchScript file at a path.</summary>
    /// <param name="features">The name or path.</param>
    /// <param name="device">Where the network runs; null is the CPU.</param>
    /// <exception cref="DisBackException">There is no such file, or it is no TorchScript module.</exception>
    public static IFeatureNetwork Open(string features, Device? device = null) =>
        features == Digits ? DigitFeatures.Open(device) : TorchScriptFeatures.Open(features, device);
}
