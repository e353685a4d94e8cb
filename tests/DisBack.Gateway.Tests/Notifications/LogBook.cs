using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway.Tests.Notifications;

/// <summary>Keeps lines of logs, and says when one has come.</summary>
internal sealed class LogBook : ILoggerProvider, ILogger
{
    private readonly SemaphoreSlim _added = new(0);
    private readonly ConcurrentQueue<string> _unseen = new();

    public ConcurrentQueue<string> Lines { get; } = new();

    /// <summary>Waits for the next line with a text.</summary>
    public async Task SeenAsync(string text)
    {
        while (true)
        {
            await _added.WaitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1));
            if (_unseen.TryDequeue(out var line) && line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = $"{formatter(state, exception)} {exception}";
        Lines.Enqueue(line);
        _unseen.Enqueue(line);
        _added.Release();
    }

    public void Dispose()
    {
    }
}
