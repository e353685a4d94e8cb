using System.Diagnostics;
using System.Security.Cryptography;

namespace DisBack.Benchmarks;

/// <summary>The real command line as a child process.</summary>
internal static class Disback
{
    /// <summary>The command line of this build under the frameworks of this program: its folder leaves out what they bring.</summary>
    private static readonly string[] s_program =
    [
        "exec",
        "--runtimeconfig",
        Path.Combine(AppContext.BaseDirectory, "DisBack.Benchmarks.runtimeconfig.json"),
        Path.Combine(AppContext.BaseDirectory, "disback.dll"),
    ];

    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [.. s_program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        return process;
    }

    public static async Task RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"disback {string.Join(' ', arguments)} ended with {process.ExitCode}: {error}");
        }
    }

    /// <summary>SHA-256 of the one file of that name under a folder.</summary>
    public static string DigestOf(string folder, string name)
    {
        var path = Directory.EnumerateFiles(folder, name, SearchOption.AllDirectories).Single();
        return Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
    }
}
