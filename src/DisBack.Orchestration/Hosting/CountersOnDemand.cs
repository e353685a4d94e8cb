using Orleans.Dashboard;

namespace DisBack.Orchestration.Hosting;

/// <summary>
/// Reads the counters of a silo for Orleans' own dashboard while somebody looks at it, and not from the start on, as the dashboard itself does: once a second,
/// that is a fifth of a percent of a training's processor time. With the first look the dashboard tells the service of each silo to count, and not to when
/// nobody has looked for a while; this hears both.
/// </summary>
/// <param name="read">Begins to read the counters and to report them to the dashboard; what it returns ends that.</param>
internal sealed class CountersOnDemand(Func<IDisposable> read) : IIncomingGrainCallFilter, IDisposable
{
    /// <summary>The method of the dashboard's service; its argument tells whether somebody looks.</summary>
    private const string Enable = "Enable";

    private readonly Lock _gate = new();
    private IDisposable? _reading;
    private bool _disposed;

    // Every call of a grain comes by here: all but one go on as they are.
    public Task Invoke(IIncomingGrainCallContext context) =>
        context.MethodName == Enable && context.ImplementationMethod.DeclaringType?.Assembly == typeof(DashboardOptions).Assembly
            ? SwitchAsync(context)
            : context.Invoke();

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Stop();
        }
    }

    private async Task SwitchAsync(IIncomingGrainCallContext context)
    {
        await context.Invoke();
        var somebodyLooks = (bool)context.Request.GetArgument(0)!;
        lock (_gate)
        {
            if (!somebodyLooks)
            {
                Stop();
            }
            else if (!_disposed)
            {
                _reading ??= read();
            }
        }
    }

    private void Stop()
    {
        _reading?.Dispose();
        _reading = null;
    }
}
