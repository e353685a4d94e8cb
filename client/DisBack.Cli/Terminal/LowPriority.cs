using System.Globalization;
using System.Runtime.InteropServices;

namespace DisBack.Cli.Terminal;

/// <summary>Lets this process have the processors only when no other wants them.</summary>
internal static partial class LowPriority
{
    private const int PriorityOfProcess = 0, Lowest = 19;

    /// <summary>From now on; a thread that is started later has the priority of the one that starts it. Does nothing where it cannot be done.</summary>
    public static void Enter()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        // Linux gives each thread a priority of its own, and the whole process none.
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            _ = SetPriority(PriorityOfProcess, int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), Lowest);
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}
