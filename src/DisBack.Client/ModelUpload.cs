using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Storage.Content;

namespace DisBack.Client;

/// <summary>Brings the files of a model of pictures into the content store. A file that is there already does not travel, so repeating it goes on.</summary>
/// <param name="contents">The store.</param>
/// <param name="told">Told of each file before it is stored: its name, how many were stored, and of how many.</param>
public sealed class ModelUpload(ContentStore contents, Action<string, int, int>? told = null)
{
    /// <summary>Stores a model.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="files">The files of it that are needed, as paths in it with slashes.</param>
    /// <param name="unet">Other weights for the denoiser; null for none.</param>
    /// <param name="adapters">Low-rank adapters with their strengths.</param>
    /// <param name="keepsAdapters">Whether adapters are computed beside the weights.</param>
    /// <param name="cancellation">Stops it; what was stored stays.</param>
    /// <returns>What is registered under a name.</returns>
    /// <exception cref="DisBackException">A file cannot be read, or is none that a model has.</exception>
    public async Task<ModelManifest> StoreAsync(
        string folder,
        IReadOnlyList<string> files,
        string? unet = null,
        IReadOnlyList<(string Path, double Strength)>? adapters = null,
        bool keepsAdapters = false,
        CancellationToken cancellation = default)
    {
        adapters ??= [];
        var (stored, all) = (0, files.Count + (unet is null ? 0 : 1) + adapters.Count);
        var listed = ImmutableArray.CreateBuilder<ModelFile>(files.Count);
        foreach (var file in files)
        {
            listed.Add(new(file, await StoreAsync(Path.Combine(folder, file))));
        }
        var other = unet is null ? null : new ModelFile(Path.GetFileName(unet), await StoreAsync(unet));
        var added = ImmutableArray.CreateBuilder<ModelAdapter>(adapters.Count);
        foreach (var (path, strength) in adapters)
        {
            added.Add(new(Path.GetFileName(path), await StoreAsync(path), strength));
        }
        var manifest = new ModelManifest
        {
            Files = listed.DrainToImmutable(),
            UNet = other,
            Adapters = added.DrainToImmutable(),
            KeepsAdapters = keepsAdapters,
        };
        manifest.Check();
        return manifest;

        Task<ContentRef> StoreAsync(string path)
        {
            told?.Invoke(Path.GetFileName(path), stored++, all);
            return contents.PutAsync(path, cancellation: cancellation);
        }
    }
}
