using DisBack.Contracts.Documents;
using DisBack.Storage.Content;

namespace DisBack.Client;

/// <summary>Where people look for what runs left behind: <c>runs/{id}</c> in a folder of this machine, under the names the files were left with.</summary>
/// <param name="root">The folder that <c>runs</c> is in.</param>
public sealed class RunFolders(string root)
{
    private readonly string _root = Path.GetFullPath(root);

    /// <summary>Where the files of a run are put.</summary>
    public string Of(string id) => Path.Combine([_root, "runs", .. id.Split('/')]);

    /// <summary>The files that people find of a run; none before <see cref="ExportAsync"/>.</summary>
    public IReadOnlyList<string> FilesOf(string id)
        => Directory.Exists(Of(id)) ? [.. Directory.EnumerateFiles(Of(id)).Where(f => !Path.GetFileName(f).StartsWith('~')).Order(StringComparer.Ordinal)] : [];

    /// <summary>Deletes the files that people find of a run, and the folders that are empty without them.</summary>
    public void Delete(string id)
    {
        var runs = Path.Combine(_root, "runs");
        // A name of dots would be a way out of the run's own folder.
        if (id.Split('/').Any(part => part.Trim('.', ' ').Length == 0) || !Directory.Exists(Of(id)))
        {
            return;
        }
        Directory.Delete(Of(id), recursive: true);
        for (var parent = Path.GetDirectoryName(Of(id)); parent is not null && parent.Length > runs.Length; parent = Path.GetDirectoryName(parent))
        {
            if (Directory.EnumerateFileSystemEntries(parent).Any())
            {
                return;
            }
            Directory.Delete(parent);
        }
    }

    /// <summary>Copies what a run left behind to its folder, verifying every file.</summary>
    public async Task ExportAsync(string id, RunRecord run, ContentStore content, CancellationToken cancellation = default)
    {
        var folder = Directory.CreateDirectory(Of(id)).FullName;
        foreach (var artifact in run.Artifacts.Values)
        {
            await content.FetchAsync(artifact.Content, Path.Combine(folder, artifact.Name), cancellation);
        }
    }
}
