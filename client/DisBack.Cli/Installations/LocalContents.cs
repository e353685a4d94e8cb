using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Storage.Content;

namespace DisBack.Cli.Installations;

/// <summary>Stored contents as files of this machine: in place where the store is a folder of it, otherwise fetched.</summary>
/// <param name="contents">The content store.</param>
/// <param name="folder">Where fetched files are kept for people.</param>
internal sealed class LocalContents(ContentStore contents, string folder)
{
    /// <summary>A file with exactly these bytes.</summary>
    /// <param name="content">The content.</param>
    /// <param name="name">What to call the file if it is fetched.</param>
    /// <param name="cancellation">Stops the transfer.</param>
    public async Task<string> FileOfAsync(ContentRef content, string name, CancellationToken cancellation)
    {
        if (contents.LocalPathOf(content) is { } original)
        {
            await contents.VerifyAsync(content, cancellation);
            return original;
        }
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, name);
        if (!File.Exists(path) || await ContentStore.HashAsync(path, cancellation) != content)
        {
            await contents.FetchAsync(content, path, cancellation);
        }
        return path;
    }

    /// <summary>An evaluation whose stored contents are files of this machine.</summary>
    public async Task<EvaluationSettings> LocalAsync(EvaluationSettings settings, CancellationToken cancellation) => settings with
    {
        Features = await LocalAsync(settings.Features, "features.safetensors", cancellation),
        Reference = settings.Reference is { Source: DatasetSource.Packed, Path: { } path }
            ? settings.Reference with { Path = await LocalAsync(path, "reference.safetensors", cancellation) }
            : settings.Reference,
    };

    private async Task<string> LocalAsync(string name, string file, CancellationToken cancellation) => ContentRef.DigestIn(name) is { } digest
        ? await FileOfAsync(await contents.AddressOfAsync(digest, cancellation), file, cancellation)
        : name;
}
