using System.Globalization;
using Spectre.Console;

namespace DisBack.Cli.Terminal;

/// <summary>How far a piece of work is: bars on a terminal, elsewhere a line on the standard error every ten seconds.</summary>
/// <param name="session">The screen and the clock; its signals stop the work where it tells of its progress.</param>
internal sealed class WorkProgress(Session session)
{
    private static readonly TimeSpan s_linePeriod = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, ProgressTask> _bars = [];
    private ProgressContext? _context;
    private long _lastLine = session.Time.GetTimestamp();

    /// <summary>Shows the progress of a piece of work until it ends.</summary>
    public T Of<T>(Func<T> work)
    {
        if (!session.Screen.IsLive)
        {
            return work();
        }
        try
        {
            return Bars().Start(context =>
            {
                _context = context;
                return work();
            });
        }
        finally
        {
            End();
        }
    }

    /// <summary>Shows the progress of a piece of work that is done elsewhere until it ends.</summary>
    public async Task<T> OfAsync<T>(Func<Task<T>> work)
    {
        if (!session.Screen.IsLive)
        {
            return await work();
        }
        try
        {
            return await Bars().StartAsync(context =>
            {
                _context = context;
                return work();
            });
        }
        finally
        {
            End();
        }
    }

    /// <summary>So much of all of something is done.</summary>
    /// <exception cref="OperationCanceledException">The user stops the command.</exception>
    public void Tell(string what, long done, long all)
    {
        session.Signals.Stopping.ThrowIfCancellationRequested();
        if (_context is { } context)
        {
            if (!_bars.TryGetValue(what, out var bar))
            {
                _bars[what] = bar = context.AddTask(what, maxValue: all);
            }
            (bar.MaxValue, bar.Value) = (all, done);
        }
        else if (done < all && session.Time.GetElapsedTime(_lastLine) >= s_linePeriod)
        {
            _lastLine = session.Time.GetTimestamp();
            session.Screen.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done:N0} of {all:N0} {what}"));
        }
    }

    private Progress Bars() => session.Screen.Console.Progress().AutoClear(true)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());

    private void End()
    {
        (_context, _lastLine) = (null, session.Time.GetTimestamp());
        _bars.Clear();
    }
}
