using System.Collections.Immutable;
using DisBack.Cli.Live;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using Spectre.Console;

namespace DisBack.Cli.Tests.Live;

public sealed class RunViewTests
{
    [Fact]
    public async Task Redirected_output_is_one_line_per_stage_and_event()
    {
        var lines = await Lines(
            Update(RunStatus.Recording, "recording", 8, 64, 4, -1, ("loss", 0.51)),
            Update(RunStatus.Recording, "recording", 16, 64, 4, -1, ("loss", 0.42)),
            Update(RunStatus.Running, "backtracking", 0, 300, 0, 2),
            Update(RunStatus.Running, "backtracking", 30, 300, 5, 2, ("loss/fake", 0.25), ("fid", 81.25)) with
            {
                Events = [Event(RunEventKind.Switch, "The target moved to node 2."), Event(RunEventKind.Checkpoint, "Step 30 is durable.")],
            });
        Assert.Equal(
            [
                "    0:00  recording  step 8 of 64  4.0 steps/s  0:14 left  loss 0.5100",
                "    0:00  The target moved to node 2.",
                "    0:00  backtracking  step 30 of 300  5.0 steps/s  0:54 left  loss/fake 0.2500  target: node 2 of 5  FID 81.3",
            ],
            lines);
    }

    [Fact]
    public async Task What_happened_before_is_folded_into_one_line_with_its_own_time()
    {
        DateTimeOffset long_ago = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var lines = await Lines(Update(RunStatus.Running, "", 0, 0, 0, -1) with
        {
            Events =
            [
                Event(RunEventKind.Status, "Submitted.", long_ago),
                Event(RunEventKind.Checkpoint, "Step 30 is durable.", long_ago.AddHours(1)),
                Event(RunEventKind.Status, "Paused.", long_ago.AddHours(2)),
                Event(RunEventKind.Status, "Resumed."),
            ],
        });
        Assert.Equal(
            ["  before  2 events since 2026-01-02 03:04:05Z; the last, of 2026-01-02 05:04:05Z: Paused.", "    0:00  Resumed."], lines);
    }

    [Fact]
    public async Task An_owner_that_falls_silent_is_one_line_and_so_is_its_return()
    {
        var heard = Update(RunStatus.Running, "backtracking", 30, 300, 5, 2);
        var silent = heard with { Unheard = true };
        var lines = await Lines(heard, silent, silent, heard);
        Assert.Equal(
            [
                "    0:00  backtracking  step 30 of 300  5.0 steps/s  0:54 left  target: node 2 of 5",
                "    0:00  Nothing is heard of the process that owns the run; it may be frozen or cut off. Asking again.",
                "    0:00  The run is heard again.",
                "    0:00  backtracking  step 30 of 300  5.0 steps/s  0:54 left  target: node 2 of 5",
            ],
            lines);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(50)]
    [InlineData(120)]
    public async Task A_shorter_line_leaves_nothing_of_the_longer_one_before_it(int width)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.Standard, Interactive = InteractionSupport.Yes,
        });
        (console.Profile.Width, console.Profile.Height) = (width, 40);
        var view = new RunView(new Screen(output, TextWriter.Null, live: true, console), new StoppedClock(), "digits", nodes: 6);
        var updates = Enumerable.Range(1, 12).Select(step => Update(
            RunStatus.Running, step % 2 == 0 ? "a-stage-with-a-long-name" : "short", step, 12, step % 3, 2, ("loss/fake", step), ("loss/other", step)) with
        {
            Events = [Event(RunEventKind.Status, $"E{step}.")],
        });
        await view.FollowAsync(updates.ToAsyncEnumerable(), TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(1, 12).Select(step => $"    0:00  E{step}."), Terminal.Show(output.ToString(), width));
    }

    [Fact]
    public void The_best_distance_is_shown_once_it_is_not_the_latest()
    {
        var progress = new RunProgress(TimeProvider.System, 0);
        progress.Add(Update(RunStatus.Running, "backtracking", 1, 9, 0, 0, ("fid", 50)));
        progress.Add(Update(RunStatus.Running, "backtracking", 2, 9, 0, 0, ("fid", 60)));
        Assert.Equal("target: the teacher  FID 60.0 (best 50.0)", progress.Figures);
    }

    private static async Task<string[]> Lines(params RunUpdate[] updates)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var view = new RunView(new Screen(output, TextWriter.Null, live: false), new StoppedClock(), "digits", nodes: 6);
        var last = await view.FollowAsync(updates.ToAsyncEnumerable(), TestContext.Current.CancellationToken);
        Assert.Same(updates[^1], last);
        return output.ToString().TrimEnd('\n').Split('\n');
    }

    private static RunUpdate Update(
        RunStatus status,
        string stage,
        long step,
        long steps,
        double rate,
        int target,
        params (string Name, double Value)[] metrics) => new()
    {
        Sequence = step,
        Status = status,
        Progress = new TrainingSnapshot
        {
            Stage = stage,
            Step = step,
            Steps = steps,
            StepsPerSecond = rate,
            TargetIndex = target,
            Metrics = metrics.ToImmutableSortedDictionary(m => m.Name, m => new MetricValue(m.Value, step)),
        },
    };

    private static RunEvent Event(RunEventKind kind, string message, DateTimeOffset? at = null) =>
        new() { Sequence = 1, At = at ?? DateTimeOffset.UtcNow, Kind = kind, Status = RunStatus.Running, Message = message };

    /// <summary>No time passes, so that the ten seconds between lines never do.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 1;
    }
}
