using DisBack.Contracts.Documents;
using DisBack.Storage;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.Storage.GrainStorage;
using DisBack.Storage.Local;
using DisBack.Storage.Metrics;

namespace DisBack.Client;

/// <summary>
/// What a data folder holds, read without waking a grain: it answers while another process trains in the folder, and years after.
/// </summary>
public sealed class DataFolder
{
    private readonly DocumentReader _documents;

    /// <summary>A data folder; nothing is read or created yet.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="StorageException">A file has that name.</exception>
    public DataFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        if (File.Exists(Path))
            throw new StorageException($"The data folder '{Path}' is a file; name a folder with --data.");
        var blobs = BlobStoreServices.Create(new BlobStoreOptions { Folder = Path });
        _documents = new DocumentReader(blobs, DocumentNames.Service);
        Content = new ContentStore(blobs);
        Metrics = new MetricReader(blobs);
    }

    /// <summary>The folder, as a full path.</summary>
    public string Path { get; }

    /// <summary>Checkpoints, nodes, teachers and pictures by their digest.</summary>
    public ContentStore Content { get; }

    /// <summary>Losses and figures over steps.</summary>
    public MetricReader Metrics { get; }

    /// <summary>The living process that trains in this folder; null if none does.</summary>
    public DataFolderOwner? Owner => DataFolderLock.FindOwner(Path);

    /// <summary>Every trial.</summary>
    public Task<IReadOnlyList<TrialDocument>> TrialsAsync(CancellationToken cancellation = default) => AllAsync<TrialDocument>(DocumentNames.Trial, cancellation);

    /// <summary>Every trajectory.</summary>
    public Task<IReadOnlyList<TrajectoryDocument>> TrajectoriesAsync(CancellationToken cancellation = default) => AllAsync<TrajectoryDocument>(DocumentNames.Trajectory, cancellation);

    /// <summary>Every teacher.</summary>
    public Task<IReadOnlyList<TeacherDocument>> TeachersAsync(CancellationToken cancellation = default) => AllAsync<TeacherDocument>(DocumentNames.Teacher, cancellation);

    /// <summary>The trial that an id, a name or a unique beginning means.</summary>
    /// <exception cref="NotFoundException">It means none, or several.</exception>
    public async Task<TrialDocument> FindTrialAsync(string text, CancellationToken cancellation = default)
        => Lookup.Find(text, await TrialsAsync(cancellation), t => [t.Id, t.Name], "run");

    /// <summary>The trajectory that an id, the name or id of a run that walks it, or a unique beginning of one means.</summary>
    /// <exception cref="NotFoundException">It means none, or several.</exception>
    public async Task<TrajectoryDocument> FindTrajectoryAsync(string text, CancellationToken cancellation = default)
    {
        var walkers = (await TrialsAsync(cancellation)).ToLookup(trial => trial.Trajectory);
        return Lookup.Find(
            text, await TrajectoriesAsync(cancellation), t => [t.Id, t.Name, .. walkers[t.Id].SelectMany(trial => new[] { trial.Id, trial.Name })], "trajectory");
    }

    /// <summary>The teacher that a name, a digest of weights or a unique beginning means.</summary>
    /// <exception cref="NotFoundException">It means none, or several.</exception>
    public async Task<TeacherDocument> FindTeacherAsync(string text, CancellationToken cancellation = default)
        => Lookup.Find(text, await TeachersAsync(cancellation), TeacherLibrary.Names, "teacher");

    /// <summary>Copies what a run left behind to the folder where people look for it, <c>runs/{id}</c>, under the names it was left with.</summary>
    /// <returns>The files.</returns>
    public async Task<IReadOnlyList<string>> ExportAsync(string id, RunRecord run, CancellationToken cancellation = default)
    {
        var folder = Directory.CreateDirectory(RunFolder(id)).FullName;
        foreach (var artifact in run.Artifacts.Values)
            await Content.FetchAsync(artifact.Content, System.IO.Path.Combine(folder, artifact.Name), cancellation);
        return FilesOf(id);
    }

    /// <summary>The files that people find of a run; none before <see cref="ExportAsync"/>.</summary>
    public IReadOnlyList<string> FilesOf(string id)
        => Directory.Exists(RunFolder(id)) ? [.. Directory.EnumerateFiles(RunFolder(id)).Where(f => !System.IO.Path.GetFileName(f).StartsWith('~')).Order(StringComparer.Ordinal)] : [];

    /// <summary>Where the files of a run are put.</summary>
    public string RunFolder(string id) => System.IO.Path.Combine([Path, "runs", .. id.Split('/')]);

    private async Task<IReadOnlyList<T>> AllAsync<T>(string grain, CancellationToken cancellation) where T : class
        => Directory.Exists(Path) ? await _documents.ListAsync<T>(grain, grain, cancellation: cancellation).Select(d => d.State).ToListAsync(cancellation) : [];
}
