namespace DisBack.Silo.Tests.Infra;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Tree
{
    public static string Root { get; } = Find();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    public static string Read(string relative) => File.ReadAllText(PathOf(relative));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DisBack.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException("The tests of infra/ read the source tree, and DisBack.sln is in no folder above them.");
    }
}
