namespace DisBack.TestKit;

/// <summary>The source tree this program was built in.</summary>
public static class Repository
{
    /// <summary>The full path of a program of the tree, in the build that belongs to this one.</summary>
    /// <param name="project">The folder of its project, for example <c>silo/DisBack.Silo</c>.</param>
    /// <param name="program">Its name, where it is not that of the project.</param>
    public static string Built(string project, string? program = null)
    {
        // .../tests/{project}/bin/{configuration}/{framework}/
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var file = $"{project}/bin/{output.Parent!.Name}/{output.Name}/{program ?? Path.GetFileName(project)}.dll";
        return Find(file) ?? throw new InvalidOperationException($"There is no {file}; build the solution.");
    }

    /// <summary>The full path of a file of the tree; null if it is not there.</summary>
    public static string? Find(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, relative);
            if (File.Exists(path))
            {
                return path;
            }
        }
        return null;
    }
}
