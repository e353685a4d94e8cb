namespace DisBack.Architecture.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folders whose projects are the product.</summary>
    private static readonly string[] s_productFolders = ["src", "silo", "client"];

    public static string Root { get; } = FindRoot();

    /// <summary>Debug or Release: what the tests were built as, the projects were built as too.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static IReadOnlyList<Project> Projects { get; } =
        [.. s_productFolders.SelectMany(folder => Directory.EnumerateFiles(PathOf(folder), "*.csproj", SearchOption.AllDirectories)).Select(Project.Read)
            .OrderBy(project => project.Name)];

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>The C# files of the product, without what the compiler leaves behind.</summary>
    public static IEnumerable<string> SourceFiles() =>
        Projects
            .SelectMany(project => Directory.EnumerateFiles(project.Folder, "*.cs", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(project.Folder, file))
                .Where(IsSource)
                .Select(file => Path.Combine(project.Folder, file)))
            .Order(StringComparer.Ordinal);

    private static bool IsSource(string file) => file.Split(Path.DirectorySeparatorChar)[0] is not ("obj" or "bin");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DisBack.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException($"No folder above '{AppContext.BaseDirectory}' has a DisBack.sln; run the tests from where they were built.");
    }
}
