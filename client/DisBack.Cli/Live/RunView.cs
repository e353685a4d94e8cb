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
    private const int BarWidth = 40;

    private readonly RunProgress _progress = new(time, nodes);
    private long _lastLine;

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
                foreach (var happened in update.Events.Where(IsNews))
                {
                    screen.Console.MarkupLineInterpolated($"[dim]{_progress.Elapsed,8}[/]  {happened.Message}");
                }
                live.UpdateTarget(Picture());
            }
        });
        return _progress.Latest;
    }

    /// <summary>Plain lines: every event, and the figures every ten seconds or when the stage changes.</summary>
    private void Print(RunUpdate update)
    {
        var stage = _progress.Stage;
        _progress.Add(update);
        foreach (var happened in update.Events.Where(IsNews))
        {
            screen.Line($"{_progress.Elapsed,8}  {happened.Message}");
        }
        if (_progress.Snapshot.Step == 0 || (_progress.Stage == stage && _lastLine != 0 && time.GetElapsedTime(_lastLine) < s_linePeriod))
        {
            return;
        }
        _lastLine = time.GetTimestamp();
        screen.Line($"{_progress.Elapsed,8}  {_progress.Stage}  {_progress.Pace}  {_progress.Figures}".TrimEnd());
    }

    /// <summary>Checkpoints and pictures are many and speak for themselves; the rest is worth a line.</summary>
    private static bool IsNews(RunEvent happened) => happened.Message.Length > 0 && happened.Kind is not (RunEventKind.Checkpoint or RunEventKind.Artifact);

    private Rows Picture()
    {
        var done = (int)Math.Round(_progress.Done * BarWidth);
        var lines = new List<IRenderable>
        {
            Markup.FromInterpolated($"[bold]{run}[/]  [aqua]{_progress.Stage}[/]  [dim]{_progress.Elapsed}[/]"),
            Markup.FromInterpolated($"[aqua]{new string('━', done)}[/][dim]{new string('━', BarWidth - done)}[/]  {_progress.Pace}"),
        };
        if (_progress.Figures.Length > 0)
        {
            lines.Add(new Text(_progress.Figures));
        }
        if (_progress.Latest is { Reason: { Length: > 0 } reason } latest && !latest.Status.IsSettled())
        {
            lines.Add(new Text(reason, Color.Yellow));
        }
        return new Rows(lines);
    }
}
