using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace DisBack.Cli.Terminal;

/// <summary>Runs a command that has the processors only when nothing else wants them.</summary>
internal static partial class LowPriority
{
    private const int PriorityOfProcess = 0, Lowest = 19;

    /// <summary>Set for the child that runs the command.</summary>
    private const string Variable = "DISBACK_LOW_PRIORITY";
    private const string OwnGroup = "/proc/self/autogroup", AreGroupsOn = "/proc/sys/kernel/sched_autogroup_enabled";

    /// <remarks>
    /// Linux may share the processors among sessions first (autogroups). Then the priority of a thread counts only beside what was started from the same
    /// terminal, and a training in another one would be left half of them. So the command has a session of its own with the lowest priority among sessions.
    /// Only a child can have one: a process that a shell starts leads a group of the shell's session, and Ctrl-C must go on reaching it.
    /// </remarks>
    /// <param name="session">Of the process.</param>
    /// <param name="command">What to run. Where priorities cannot be had it runs all the same.</param>
    public static async Task<ExitCode> RunAsync(Session session, Func<Task<ExitCode>> command)
    {
        if (OperatingSystem.IsLinux())
        {
            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 })
            {
                LowerSession();
                _ = Task.Run(() => EndWithParent(session.Signals));
            }
            else if (session.Arguments is { } arguments && File.Exists(AreGroupsOn) && (await File.ReadAllTextAsync(AreGroupsOn)).Trim() == "1")
            {
                return await RunChildAsync(arguments, session.Signals.Stopping);
            }
            LowerThreads();
        }
        return await command();
    }

    private static async Task<ExitCode> RunChildAsync(IReadOnlyList<string> arguments, CancellationToken stopping)
    {
        // Run by the dotnet host, the first argument of this very process is the assembly.
        var program = Environment.ProcessPath!;
        var viaHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var start = new ProcessStartInfo(program, [.. viaHost ? [typeof(LowPriority).Assembly.Location] : Array.Empty<string>(), .. arguments])
        {
            RedirectStandardInput = true,
        };
        start.Environment[Variable] = "1";
        using var child = Process.Start(start)!;
        using (stopping.Register(child.StandardInput.Close))
        {
            await child.WaitForExitAsync(CancellationToken.None);
        }
        stopping.ThrowIfCancellationRequested();
        return (ExitCode)child.ExitCode;
    }

    /// <summary>No signal of the terminal comes here: the parent closes its pipe instead, and so does its death.</summary>
    private static void EndWithParent(StopSignals signals)
    {
        using var input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0)
        {
            // Nothing is sent.
        }
        signals.Stop();
    }

    private static void LowerSession()
    {
        _ = BeginSession();
        try
        {
            File.WriteAllText(OwnGroup, Lowest.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // As it is where processes are kept from it, in some containers for example.
        }
    }

    /// <summary>From now on; a thread that is started later has the priority of the one that starts it.</summary>
    private static void LowerThreads()
    {
        // Linux gives each thread a priority of its own, and the whole process none.
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            _ = SetPriority(PriorityOfProcess, int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), Lowest);
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int BeginSession();
}
