using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DisBack.Silo;

/// <summary>
/// The parent of a silo: starts it, and starts it again on the same endpoint when it dies, at once unless it keeps dying. A second process stands by,
/// see <see cref="Standby"/>, so that little is left to be done then. A silo that returns under its old endpoint declares its former self dead.
/// </summary>
internal static partial class Supervisor
{
    public const string Flag = "--supervise";

    /// <summary>A silo that lived this long did not fail to start.</summary>
    private static readonly TimeSpan s_healthy = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_firstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(30);

    /// <summary>The next standby must not compete for the processor with the start of the silo.</summary>
    private static readonly TimeSpan s_untilStandby = TimeSpan.FromSeconds(2);

    /// <exception cref="DisBackException">The settings are refused.</exception>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var keepsStandby = SiloConfiguration.Read(arguments).Standby;
        using var stopping = new CancellationTokenSource();
        var child = 0;
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var failures = 0;
        Process? standby = null;
        try
        {
            while (true)
            {
                var started = Stopwatch.GetTimestamp();
                using var silo = Standby.TryPromote(standby) ? standby! : Start(arguments, Supervised.Runs);
                standby = null;
                Volatile.Write(ref child, silo.Id);
                if (stopping.IsCancellationRequested)
                {
                    _ = SendSignal(silo.Id, SigTerm);
                }
                var ended = silo.WaitForExitAsync(CancellationToken.None);
                if (keepsStandby && await Task.WhenAny(ended, Task.Delay(s_untilStandby, stopping.Token)) != ended && !stopping.IsCancellationRequested)
                {
                    standby = Start(arguments, Supervised.StandsBy);
                }
                await ended;
                Volatile.Write(ref child, 0);
                if (stopping.IsCancellationRequested || silo.ExitCode is ExitCodes.Stopped or ExitCodes.Refused)
                {
                    return silo.ExitCode;
                }
                var lived = Stopwatch.GetElapsedTime(started);
                failures = lived < s_healthy ? failures + 1 : 0;
                // Once is an accident; what happens again and again is not made better by hurrying.
                var wait = failures <= 1 ? TimeSpan.Zero : s_firstWait * Math.Pow(2, Math.Min(failures - 2, 10));
                if (wait > s_longestWait)
                {
                    wait = s_longestWait;
                }
                await Console.Error.WriteLineAsync($"disback-silo: the silo ended with exit code {silo.ExitCode} after {lived.TotalSeconds:0} s and is "
                    + $"started again{(wait > TimeSpan.Zero ? $" in {wait.TotalSeconds:0.#} s" : "")}.");
                await Task.Delay(wait, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stopping.IsCancellationRequested)
                {
                    return ExitCodes.Stopped;
                }
            }
        }
        finally
        {
            // It has nothing to finish.
            standby?.Kill();
            standby?.Dispose();
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stopping.Cancel();
            if (Volatile.Read(ref child) is var running and not 0)
            {
                _ = SendSignal(running, SigTerm);
            }
        }
    }

    private static Process Start(string[] arguments, string how)
    {
        // Run by the dotnet host, the first argument of this very process is the assembly.
        var program = Environment.ProcessPath!;
        var viaHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var start = new ProcessStartInfo(program, [.. viaHost ? [typeof(Supervisor).Assembly.Location] : Array.Empty<string>(), .. arguments])
        {
            RedirectStandardInput = true,
        };
        start.Environment[Supervised.Variable] = how;
        return Process.Start(start)!;
    }

    private const int SigTerm = 15;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
