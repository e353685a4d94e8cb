using System.Globalization;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Generators;

/// <summary>A denoiser used as a one-step generator: G(z) = D(sigma_init * z; sigma_init) (Diff-Instruct).</summary>
/// <param name="network">The denoiser; owned from now on.</param>
/// <param name="sigmaInit">The noise level that the network is told.</param>
public sealed class DenoiserGenerator(Denoiser network, double sigmaInit) : IGenerator
{
    /// <summary>The metadata field of a file that says sigma_init.</summary>
    internal const string SigmaInitKey = "sigma_init";

    /// <inheritdoc/>
    public nn.Module Network => network;

    /// <inheritdoc/>
    public IReadOnlyList<long> LatentShape { get; } = [network.Settings.Shape.Channels, network.Settings.Shape.Height, network.Settings.Shape.Width];

    /// <inheritdoc/>
    public SampleShape SampleShape => network.Settings.Shape;

    /// <inheritdoc/>
    public int Classes => network.Settings.Classes;

    /// <inheritdoc/>
    public Tensor Generate(Tensor latents, Condition? condition)
    {
        using var sigma = full([latents.shape[0], 1, 1, 1], sigmaInit, float32, latents.device);
        using var input = latents * sigmaInit;
        return network.forward(input, sigma, condition);
    }

    /// <inheritdoc/>
    public (IReadOnlyList<(string Name, Tensor Value)> Tensors, IReadOnlyDictionary<string, string> Metadata) ToFile()
    {
        var metadata = NetworkMetadata.Of(network.Settings);
        metadata[SigmaInitKey] = sigmaInit.ToString("R", CultureInfo.InvariantCulture);
        return (NetworkFile.TensorsOf(network), metadata);
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();
}
