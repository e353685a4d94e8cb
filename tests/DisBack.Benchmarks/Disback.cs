using System.Diagnostics;
using System.Security.Cryptography;
using DisBack.TestKit;

namespace DisBack.Benchmarks;

/// <summary>The real command line as a child process.</summary>
internal static class Disback
{
    /// <summary>The command line of this build, as users start it: in its own output folder what it starts with is compiled ahead.</summary>
    private static readonly string[] s_program = [Repository.Built("client/DisBack.Cli", "disback")];

    /// <summary>What <c>dotnet</c> is to be given for a command.</summary>
    public static string[] Program(params string[] arguments) => [.. s_program, .. arguments];

    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", Program(arguments)) { RedirectStandardOutput = true, RedirectStandardError = true };
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

    /// <summary>How long a command takes, from the start of its process to its end, and how much memory it has at most.</summary>
    public static async Task<(double Seconds, long MostMemory)> MeasureAsync(params string[] arguments)
    {
        var began = Stopwatch.GetTimestamp();
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync();
        var most = 0L;
        while (!process.HasExited)
        {
            try
            {
                most = Math.Max(most, process.PeakWorkingSet64);
            }
            catch (InvalidOperationException)
            {
                // It has just ended.
            }
            await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(5));
            process.Refresh();
        }
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return process.ExitCode == 0
            ? (seconds, most)
            : throw new InvalidOperationException($"disback {string.Join(' ', arguments)} ended with {process.ExitCode}: {await error}");
    }

    /// <summary>SHA-256 of the one file of that name under a folder.</summary>
    public static string DigestOf(string folder, string name)
    {
        var path = Directory.EnumerateFiles(folder, name, SearchOption.AllDirectories).Single();
        return Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
    }
}
