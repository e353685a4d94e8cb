namespace DisBack.Cli.Tests;

/// <summary>The executables that users start, in their own output folders: a copy beside the tests holds less machine code, and starts slower.</summary>
internal static class Programs
{
    /// <summary>The command line.</summary>
    public static string DisBack { get; } = Built("DisBack.Cli", "disback");

    /// <summary>The gateway.</summary>
    public static string Gateway { get; } = Built("DisBack.Gateway", "DisBack.Gateway");

    private static string Built(string project, string program) => Path.Combine(
        AppContext.BaseDirectory.Replace("/tests/DisBack.Cli.Tests/", $"/client/{project}/", StringComparison.Ordinal), program);
}
