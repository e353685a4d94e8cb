using System.Runtime.InteropServices;

namespace DisBack.Cli.Terminal;

/// <summary>
/// Ctrl-C, SIGTERM and the end of the terminal: the first asks the command to stop in good order, the second ends the process at once.
/// Whatever a second signal cuts short was made durable before, or is repeated by the next attempt.
/// </summary>
internal sealed partial class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _received;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>The exit code of the first signal; null before it.</summary>
    public ExitCode? Received => _received == 0 ? null : (ExitCode)_received;

    /// <summary>As SIGTERM does it.</summary>
    public void Stop() => Stop(ExitCode.Terminated);

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
        _stopping.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        Stop(context.Signal switch
        {
            PosixSignal.SIGINT => ExitCode.Interrupted,
            PosixSignal.SIGHUP => ExitCode.HungUp,
            _ => ExitCode.Terminated,
        });
    }

    private void Stop(ExitCode code)
    {
        if (Interlocked.CompareExchange(ref _received, (int)code, 0) == 0)
        {
            _stopping.Cancel();
        }
        else
        {
            ExitAtOnce((int)code);
        }
    }

    /// <summary>Not <see cref="Environment.Exit"/>: that runs native destructors while a training thread may still be inside libtorch.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitAtOnce(int code);
}
