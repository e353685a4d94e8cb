namespace DisBack.Cli.Options;

/// <summary>Files and folders as users name them.</summary>
internal static class UserPath
{
    /// <summary>The path with a leading <c>~/</c> as the home folder: shells leave it as it is behind an equals sign and between quotes.</summary>
    public static string Expand(string path)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length == 0 ? path : path == "~" ? home : path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(home, path[2..]) : path;
    }
}
