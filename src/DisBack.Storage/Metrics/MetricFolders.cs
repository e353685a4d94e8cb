using DisBack.Storage.Blobs;

namespace DisBack.Storage.Metrics;

/// <summary>Lists what a run has written.</summary>
internal static class MetricFolders
{
    /// <summary>The chunks and column files of a run by the folders of its attempts, all in the order of their names.</summary>
    public static async Task<SortedDictionary<string, List<BlobInfo>>> ListAsync(IBlobStore blobs, string run, CancellationToken cancellation)
    {
        var folders = new SortedDictionary<string, List<BlobInfo>>(StringComparer.Ordinal);
        await foreach (var blob in blobs.ListAsync(ChunkNames.Prefix(run), cancellation))
        {
            if (!ChunkNames.IsOwn(run, blob.Name))
            {
                continue;
            }
            var folder = ChunkNames.FolderOf(blob.Name);
            if (!folders.TryGetValue(folder, out var files))
            {
                folders.Add(folder, files = []);
            }
            files.Add(blob);
        }
        return folders;
    }
}
