namespace DisBack.TestKit;

/// <summary>The source tree this program was built in.</summary>
internal static class Repository
{
    /// <summary>The full path of a file of the tree; null if it is not there.</summary>
    public static string? Find(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, relative);
            if (File.Exists(path)) return path;
        }
        return null;
    }
}
