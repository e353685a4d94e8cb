using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DisBack.Cli.Live;

/// <summary>Shows a run while it is watched: a bar and figures that are redrawn on a terminal, lines elsewhere.</summary>
internal sealed class RunView(Screen screen, TimeProvider time, string run, int nodes)
{
    private static readonly TimeSpan s_linePeriod = TimeSpan.FromSeconds(10);

    /// <summary>What happened this long before is what this command has begun; before that it is history.</summary>
    private static readonly TimeSpan s_begun = TimeSpan.FromSeconds(5);

    private const int BarWidth = 40;

    private readonly DateTimeOffset _history = time.GetUtcNow() - s_begun;

    private readonly RunProgress _progress = new(time, nodes);
    private (string? Stage, long At) _lastLine;
    private bool _unheard;

    /// <summary>Follows the updates to their end, which is when the run has settled.</summary>
    /// <returns>The last update; null if there was none.</returns>
    public async Task<RunUpdate?> FollowAsync(IAsyncEnumerable<RunUpdate> updates, CancellationToken cancellationToken)
    {
        if (!screen.IsLive)
        {
            await foreach (var update in updates.WithCancellation(cancellationToken))
            {
                Print(update);
            }
            return _progress.Latest;
        }
        await screen.Console.Live(Picture()).AutoClear(true).StartAsync(async live =>
        {
            await foreach (var update in updates.WithCancellation(cancellationToken))
            {
                _progress.Add(update);
                foreach (var (at, message) in News(update))
                {
                    screen.Console.Write(Wide(Markup.FromInterpolated($"[dim]{at,8}[/]  {message}")));
                }
                live.UpdateTarget(Picture());
            }
        });
        return _progress.Latest;
    }

    /// <summary>Plain lines: every event, and the figures at the first step that is seen of a stage and every ten seconds.</summary>
    private void Print(RunUpdate update)
    {
        _progress.Add(update);
        foreach (var (at, message) in News(update))
        {
            screen.Line($"{at,8}  {message}");
        }
        if (_unheard)
        {
            // What is heard next is worth a line at once.
            _lastLine = default;
            return;
        }
        // Compared with the last line, not with the last update: a stage may begin some updates before its first step.
        if (_progress.Snapshot.Step == 0 || (_progress.Stage == _lastLine.Stage && time.GetElapsedTime(_lastLine.At) < s_linePeriod))
        {
            return;
        }
        _lastLine = (_progress.Stage, time.GetTimestamp());
        screen.Line($"{_progress.Elapsed,8}  {_progress.Stage}  {_progress.Pace}  {_progress.Figures}".TrimEnd());
    }

    /// <summary>What is worth a line, with the time that it was seen; what happened before this command is folded into one.</summary>
    private IEnumerable<(string At, string Message)> News(RunUpdate update)
    {
        if (update.Unheard != _unheard)
        {
            _unheard = update.Unheard;
            yield return (_progress.Elapsed, _unheard
                ? "Nothing is heard of the process that owns the run; it may be frozen or cut off. Asking again."
                : "The run is heard again.");
        }
        var news = update.Events.Where(IsNews).ToLookup(happened => happened.At < _history);
        if (news[true].LastOrDefault() is { } last)
        {
            var count = news[true].Count();
            yield return ("before", count == 1
                ? $"{last.Message} ({Texts.Time(last.At)})"
                : $"{count} events since {Texts.Time(news[true].First().At)}; the last, of {Texts.Time(last.At)}: {last.Message}");
        }
        foreach (var happened in news[false])
        {
            yield return (_progress.Elapsed, happened.Message);
        }
    }

    /// <summary>Checkpoints and pictures are many and speak for themselves; the rest is worth a line.</summary>
    private static bool IsNews(RunEvent happened) => happened.Message.Length > 0 && happened.Kind is not (RunEventKind.Checkpoint or RunEventKind.Artifact);

    /// <summary>Every line filled to the width of the terminal: drawing again erases nothing, and a longer line would show behind a shorter one.</summary>
    private static Align Wide(IRenderable lines) => Align.Left(lines);

    private Align Picture()
    {
        var width = Math.Min(BarWidth, screen.Console.Profile.Width);
        var done = (int)Math.Round(_progress.Done * width);
        var lines = new List<IRenderable>
        {
            Markup.FromInterpolated($"[bold]{run}[/]  [aqua]{_progress.Stage}[/]  [dim]{_progress.Elapsed}[/]"),
            Markup.FromInterpolated($"[aqua]{new string('━', done)}[/][dim]{new string('━', width - done)}[/]  {_progress.Pace}"),
        };
        if (_progress.Figures.Length > 0)
        {
            lines.Add(new Text(_progress.Figures));
        }
        if (_progress.Latest is { Reason: { Length: > 0 } reason } latest && !latest.Status.IsSettled())
        {
            lines.Add(new Text(reason, Color.Yellow));
        }
        return Wide(new Rows(lines));
    }
}
