using System.Globalization;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Specs.Networks;

namespace DisBack.Distillation;

/// <summary>A one-step generator as a file: a <see cref="NetworkFile"/> that also tells its sigma_init.</summary>
public static class StudentFile
{
    /// <summary>Its usual name.</summary>
    public const string Name = "student.safetensors";

    private const string SigmaInitKey = "sigma_init";

    /// <summary>Writes a generator.</summary>
    public static void Write(Stream stream, Denoiser network, double sigmaInit)
    {
        var metadata = NetworkMetadata.Of(network.Settings);
        metadata[SigmaInitKey] = sigmaInit.ToString("R", CultureInfo.InvariantCulture);
        SafetensorsFile.Write(stream, NetworkFile.TensorsOf(network), metadata);
    }

    /// <summary>Opens a generator; the caller disposes the network.</summary>
    /// <exception cref="DisBackException">The file is damaged, or is no one-step generator.</exception>
    public static (Denoiser Network, double SigmaInit) Open(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return file.Metadata.TryGetValue(SigmaInitKey, out var sigmaInit)
            ? (NetworkFile.Read(file), double.Parse(sigmaInit, CultureInfo.InvariantCulture))
            : throw new DisBackException($"'{path}' is no one-step generator: its metadata has no '{SigmaInitKey}'; give a {Name} that a run has left.");
    }
}
