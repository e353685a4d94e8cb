using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Storage.Content;

namespace DisBack.Cli.Installations;

/// <summary>
/// The stored contents that an evaluation names, as files of this machine: in place where the store is a folder of it, otherwise fetched until disposed.
/// </summary>
/// <param name="contents">The content store.</param>
internal sealed class LocalContents(ContentStore contents) : IDisposable
{
    private readonly DirectoryInfo _fetched = Directory.CreateTempSubdirectory("disback-");

    /// <summary>The evaluation with its contents as files.</summary>
    public async Task<EvaluationSettings> LocalAsync(EvaluationSettings settings, CancellationToken cancellation) => settings with
    {
        Features = await LocalAsync(settings.Features, cancellation),
        Statistics = settings.Statistics is { } statistics ? await LocalAsync(statistics, cancellation) : null,
        Reference = settings.Reference is { Source: DatasetSource.Packed, Path: { } path }
            ? settings.Reference with { Path = await LocalAsync(path, cancellation) }
            : settings.Reference,
    };

    public void Dispose() => _fetched.Delete(recursive: true);

    private async Task<string> LocalAsync(string name, CancellationToken cancellation)
    {
        if (ContentRef.DigestIn(name) is not { } digest)
        {
            return name;
        }
        var content = await contents.AddressOfAsync(digest, cancellation);
        if (contents.LocalPathOf(content) is { } original)
        {
            await contents.VerifyAsync(content, cancellation);
            return original;
        }
        var path = Path.Combine(_fetched.FullName, digest);
        await contents.FetchAsync(content, path, cancellation);
        return path;
    }
}
