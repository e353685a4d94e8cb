using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DisBack.Silo;

/// <summary>
/// Ends the process when its stop takes too long: Orleans goes on for minutes to sign off in a membership table that does not answer, and whoever stops a
/// silo would kill it meanwhile. The runs have drained by then, and the others take an entry that ages for what it is.
/// </summary>
internal sealed partial class StopLimit : IDisposable
{
    private readonly CancellationTokenRegistration _stopping;
    private ITimer? _timer;

    public StopLimit(IHostApplicationLifetime lifetime, TimeSpan longest, Action exit, TimeProvider time, ILogger<StopLimit> logger) =>
        _stopping = lifetime.ApplicationStopping.Register(() => _timer = time.CreateTimer(
            _ =>
            {
                LogTooLong(logger, longest);
                exit();
            },
            state: null,
            longest,
            Timeout.InfiniteTimeSpan));

    public void Dispose()
    {
        _stopping.Dispose();
        _timer?.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The silo has not ended {Longest} after it was told to; the process ends now.")]
    private static partial void LogTooLong(ILogger logger, TimeSpan longest);
}
