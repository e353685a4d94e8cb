using DisBack.Diffusion.Files;
using DisBack.Distillation;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;
using DisBack.Storage.Content;

namespace DisBack.Cli.Commands;

/// <summary>Stores networks that other programs have written as files of ours: equal weights of equal networks are one content, whoever wrote them.</summary>
internal static class NetworkImport
{
    /// <summary>Loads the network of a file strictly, and stores it.</summary>
    /// <param name="contents">Where to.</param>
    /// <param name="path">The file, in any form that <see cref="WeightsFile"/> reads.</param>
    /// <param name="prefix">What the names of its tensors begin with; null for all of them.</param>
    /// <param name="network">The network's settings; null where the file says them.</param>
    /// <param name="cancellation">Stops the storing.</param>
    /// <returns>The stored file, what network it holds, and the types that were converted to float32.</returns>
    /// <exception cref="DisBackException">The file cannot be read, or is not that of the network.</exception>
    public static async Task<(ContentRef Weights, NetworkSettings Network, IReadOnlyList<ElementType> Converted)> StoreAsync(
        ContentStore contents, string path, string? prefix, NetworkSettings? network, CancellationToken cancellation)
    {
        using var weights = WeightsFile.Open(path, prefix);
        var (denoiser, converted) = NetworkFile.Import(weights, network);
        using var imported = denoiser;
        var file = Path.Combine(Path.GetTempPath(), $"disback-{Guid.NewGuid():n}.safetensors");
        try
        {
            SafetensorsFile.Write(file, NetworkFile.TensorsOf(imported), NetworkMetadata.Of(imported.Settings));
            return (await contents.PutAsync(file, consume: true, cancellation: cancellation), imported.Settings, converted);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
