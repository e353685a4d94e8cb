using DisBack.Storage;
using DisBack.Storage.Blobs;
using DisBack.Storage.Local;

namespace DisBack.Client;

/// <summary>The one-process installation: a folder that at most one process trains in, and any number read.</summary>
public sealed class DataFolder
{
    /// <summary>The name of the folder in it for what can be made again, and may be deleted.</summary>
    public const string CacheName = "cache";

    /// <summary>A data folder; nothing is read or created yet.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="StorageException">A file has that name.</exception>
    public DataFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        if (File.Exists(Path))
        {
            throw new StorageException($"The data folder '{Path}' is a file; name a folder with --data.");
        }
        Archive = new BlobArchive(new FolderBlobStore(Path), copies: System.IO.Path.Combine(Path, CacheName, "lists"));
    }

    /// <summary>The folder, as a full path.</summary>
    public string Path { get; }

    /// <summary>What it holds.</summary>
    public IArchive Archive { get; }

    /// <summary>The living process that trains in this folder; null if none does.</summary>
    public DataFolderOwner? Owner => DataFolderLock.FindOwner(Path);
}
