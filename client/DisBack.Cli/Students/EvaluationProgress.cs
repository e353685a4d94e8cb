using System.Globalization;
using DisBack.Cli.Terminal;
using DisBack.Diffusion.Metrics;
using Spectre.Console;
using static TorchSharp.torch;

namespace DisBack.Cli.Students;

/// <summary>How far an evaluation is: bars on a terminal, elsewhere a line on the standard error every ten seconds.</summary>
/// <param name="session">The screen and the clock; its signals stop the evaluation between two batches.</param>
/// <param name="samples">How many images are generated.</param>
internal sealed class EvaluationProgress(Session session, long samples) : IFeatureMeasure
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
            return session.Screen.Console.Progress().AutoClear(true)
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
                .Start(context =>
                {
                    _context = context;
                    return work();
                });
        }
        finally
        {
            (_context, _lastLine) = (null, session.Time.GetTimestamp());
            _bars.Clear();
        }
    }

    /// <summary>So many of all real images were seen.</summary>
    /// <exception cref="OperationCanceledException">The user stops the command.</exception>
    public void Real(long done, long all) => Tell("real images", done, all);

    /// <inheritdoc/>
    public void Add(long first, Tensor features) => Tell("generated images", first + features.shape[0], samples);

    private void Tell(string what, long done, long all)
    {
        session.Signals.Stopping.ThrowIfCancellationRequested();
        if (_context is { } context)
        {
            if (!_bars.TryGetValue(what, out var bar))
            {
                _bars[what] = bar = context.AddTask(what, maxValue: all);
            }
            bar.Value = done;
        }
        else if (done < all && session.Time.GetElapsedTime(_lastLine) >= s_linePeriod)
        {
            _lastLine = session.Time.GetTimestamp();
            session.Screen.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done:N0} of {all:N0} {what}"));
        }
    }
}
