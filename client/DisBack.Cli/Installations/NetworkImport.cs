using DisBack.Diffusion.Files;
using DisBack.Distillation;
using DisBack.Sdxl.Models;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;
using DisBack.Storage.Content;

namespace DisBack.Cli.Installations;

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
        var stored = await StoreAsync(
            contents, file => SafetensorsFile.Write(file, NetworkFile.TensorsOf(imported), NetworkMetadata.Of(imported.Settings)), cancellation);
        return (stored, imported.Settings, converted);
    }

    /// <summary>Stores the denoiser of a model in the types of its file.</summary>
    /// <param name="contents">Where to.</param>
    /// <param name="folder">The model.</param>
    /// <param name="side">Side in pixels of the pictures that students are to draw; null is that of the model's training.</param>
    /// <param name="cancellation">Stops the storing.</param>
    /// <exception cref="DisBackException">The folder holds no such model, or a part of it is damaged.</exception>
    public static async Task<(ContentRef Weights, NetworkSettings Network)> StoreModelAsync(
        ContentStore contents, string folder, int? side, CancellationToken cancellation)
    {
        var model = new ModelTeacher(ModelFolder.Open(folder));
        var network = model.Network(side);
        return (await StoreAsync(contents, file => model.Write(file, network), cancellation), network);
    }

    /// <summary>Stores weights as those of a network, in any form that <see cref="WeightsFile"/> reads, with all that is not the network's left out.</summary>
    /// <param name="contents">Where to.</param>
    /// <param name="path">The file.</param>
    /// <param name="prefix">What the names of its tensors begin with; null for all of them, and for the fake score of the reference code's nodes.</param>
    /// <param name="network">The network, perhaps of adapters.</param>
    /// <param name="cancellation">Stops the storing.</param>
    /// <exception cref="DisBackException">The file cannot be read, or is not that of the network.</exception>
    public static async Task<ContentRef> StoreAsAsync(
        ContentStore contents, string path, string? prefix, NetworkSettings network, CancellationToken cancellation)
    {
        using var weights = prefix is null ? WeightsFile.OpenStudent(path) : WeightsFile.Open(path, prefix);
        return await StoreAsync(contents, file => NetworkFile.Rewrite(weights, network, file), cancellation);
    }

    private static async Task<ContentRef> StoreAsync(ContentStore contents, Action<string> write, CancellationToken cancellation)
    {
        var file = Path.Combine(Path.GetTempPath(), $"disback-{Guid.NewGuid():n}.safetensors");
        try
        {
            write(file);
            return await contents.PutAsync(file, consume: true, cancellation: cancellation);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
