using System.Text.Json;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;
using DisBack.TestKit;

namespace DisBack.Storage.Tests.Metrics;

/// <summary>Lines of logs lie among what was measured, and are no part of it.</summary>
public sealed class LogReadingTests : IDisposable
{
    private const string Run = "digits-0a1b2c3d/0001";
    private static readonly DateTimeOffset s_noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobStore _blobs;

    public LogReadingTests() => _blobs = new(_folder.Path);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_without_attempts_has_no_log()
    {
        var page = await ReadAsync(new LogQuery());
        Assert.Empty(page.Lines);
        Assert.Equal((null, false), (page.End, page.More));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lines_and_milestones_come_in_their_order_and_only_milestones_are_events(bool compacted)
    {
        await using (var writer = new MetricWriter(_blobs, Run, attempt: 1, resumedAt: 0))
        {
            Fill(writer);
            writer.AddLine(LogSeverity.Info, 0, "worker-7", "It begins.", s_noon);
            writer.Add(new MetricPoint(1, "loss", 0.5, s_noon));
            writer.Add(new MetricEvent(2, "node", "Node 1.", s_noon.AddSeconds(1)));
            // A milestone that a host has named like the lines.
            writer.Add(new MetricEvent(3, "log", "A log was felled.", s_noon, JsonSerializer.SerializeToElement(new { trees = 1 })));
            writer.AddLine(LogSeverity.Error, 4, "worker-7", "Crash: it is over.\n   at Here()", s_noon.AddSeconds(2));
        }
        if (compacted)
        {
            await new MetricCompactor(_blobs).CompactAsync(Run, _ => true, Cancellation);
            Assert.Empty(Directory.GetFiles(_folder.Path, "*.ndjson", SearchOption.AllDirectories));
        }

        var page = await ReadAsync(new LogQuery { After = new LogPosition(1, 1, 100) });

        Assert.Equal(
            [
                new("1.1.101", 1, s_noon, LogSeverity.Info, 0, "worker-7", "It begins."),
                new("1.1.103", 1, s_noon.AddSeconds(1), LogSeverity.Info, 2, "worker-7", "Node 1."),
                new("1.1.104", 1, s_noon, LogSeverity.Info, 3, "worker-7", "A log was felled."),
                new LogLine("1.1.105", 1, s_noon.AddSeconds(2), LogSeverity.Error, 4, "worker-7", "Crash: it is over.\n   at Here()"),
            ],
            page.Lines);
        Assert.Equal(("1.1.105", false), (page.End, page.More));
        var history = await new MetricReader(_blobs).ReadAsync(Run, Cancellation);
        Assert.Equal(["node", "log"], history.Events.Select(happened => happened.Event.Kind));
        Assert.Equal("A log was felled.", history.Events[1].Event.Text);
    }

    [Fact]
    public async Task An_attempt_that_ended_before_its_first_step_takes_nothing_from_those_before()
    {
        await using (var writer = new MetricWriter(_blobs, Run, attempt: 1, resumedAt: 0))
        {
            writer.Add(new MetricPoint(7, "loss", 0.5, s_noon));
            writer.Add(new MetricEvent(7, "node", "Node 1.", s_noon));
            Fill(writer);
        }
        await using (var writer = new MetricWriter(_blobs, Run, attempt: 2, resumedAt: long.MaxValue))
        {
            writer.AddLine(LogSeverity.Error, LogEvents.NoStep, "worker-7", "The teacher is gone.", s_noon);
            Fill(writer);
        }
        await HoldsAsync();
        await new MetricCompactor(_blobs).CompactAsync(Run, _ => true, Cancellation);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.ndjson", SearchOption.AllDirectories));
        await HoldsAsync();

        async Task HoldsAsync()
        {
            var reader = new MetricReader(_blobs);
            var history = await reader.ReadAsync(Run, Cancellation);
            Assert.Equal(7, Assert.Single(history.Points).Step);
            Assert.False(Assert.Single(history.Events).Superseded);
            Assert.Single((await reader.ReadColumnsAsync(Run, Cancellation)).Metrics);
            var line = (await ReadAsync(new LogQuery { Attempt = 2, Level = LogSeverity.Error })).Lines.Single();
            Assert.Equal((2, null, "The teacher is gone."), (line.Attempt, line.Step, line.Text));
        }
    }

    [Fact]
    public async Task What_is_wanted_comes_page_by_page_and_goes_on_behind_the_last_one()
    {
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await using var writer = new MetricWriter(_blobs, Run, attempt, resumedAt: 0);
            for (var line = 0; line < 10; line++)
            {
                writer.AddLine((LogSeverity)(line % 3), line, "w", $"Line {attempt}{line}.", s_noon);
                if (line % 4 == 0)
                {
                    await writer.FlushAsync(Cancellation);
                }
            }
        }
        var all = (await ReadAsync(new LogQuery())).Lines;
        Assert.Equal(30, all.Count);
        Assert.Equal(30, all.Select(line => line.Position).Distinct().Count());

        var paged = new List<LogLine>();
        var query = new LogQuery { Limit = 7 };
        LogPage page;
        do
        {
            page = await ReadAsync(query);
            paged.AddRange(page.Lines);
            query = query with { After = After(page) };
        }
        while (page.More);
        Assert.Equal(all, paged);
        // There is nothing more, and who follows goes on from the same place.
        page = await ReadAsync(query);
        Assert.Equal((0, all[^1].Position), (page.Lines.Count, page.End));

        Assert.Equal(all.Where(line => line.Attempt == 2), (await ReadAsync(new LogQuery { Attempt = 2 })).Lines);
        Assert.Equal(all.Where(line => line.Level >= LogSeverity.Warning), (await ReadAsync(new LogQuery { Level = LogSeverity.Warning })).Lines);
        var found = await ReadAsync(new LogQuery { Search = "LINE 27" });
        Assert.Equal("Line 27.", Assert.Single(found.Lines).Text);
        // All was looked at, so that what follows begins at the end.
        Assert.Equal(all[^1].Position, found.End);
    }

    [Fact]
    public async Task Who_goes_on_does_not_read_the_chunks_before_again()
    {
        await using var writer = new MetricWriter(_blobs, Run, attempt: 1, resumedAt: 0);
        foreach (var text in new[] { "One.", "Two." })
        {
            writer.AddLine(LogSeverity.Info, 0, "w", text, s_noon);
            await writer.FlushAsync(Cancellation);
        }
        var end = After(await ReadAsync(new LogQuery()));
        // If it were read, it would be damaged.
        await File.WriteAllTextAsync(Directory.GetFiles(_folder.Path, "000001.ndjson", SearchOption.AllDirectories).Single(), "{", Cancellation);
        writer.AddLine(LogSeverity.Info, 0, "w", "Three.", s_noon);
        await writer.FlushAsync(Cancellation);

        var page = await ReadAsync(new LogQuery { After = end });

        Assert.Equal("Three.", Assert.Single(page.Lines).Text);
        Assert.Empty(page.Damage);
    }

    [Fact]
    public async Task Damage_is_named_and_the_rest_is_there()
    {
        await using (var writer = new MetricWriter(_blobs, Run, attempt: 1, resumedAt: 0))
        {
            writer.AddLine(LogSeverity.Info, 0, "w", "One.", s_noon);
            writer.AddLine(LogSeverity.Info, 0, "w", "Two.", s_noon);
        }
        var chunk = Directory.GetFiles(_folder.Path, "*.ndjson", SearchOption.AllDirectories).Single();
        var lines = await File.ReadAllLinesAsync(chunk, Cancellation);
        await File.WriteAllLinesAsync(chunk, [lines[0], "{", lines[2]], Cancellation);

        var page = await ReadAsync(new LogQuery());

        Assert.Equal("Two.", Assert.Single(page.Lines).Text);
        Assert.Contains("is damaged at line 2", Assert.Single(page.Damage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_alone_are_no_reason_for_a_chunk()
    {
        await using var writer = new MetricWriter(_blobs, Run, attempt: 1, resumedAt: 0);
        writer.AddLine(LogSeverity.Info, 0, "w", "One.", s_noon);
        await writer.FlushMeasurementsAsync(Cancellation);
        Assert.Empty((await ReadAsync(new LogQuery())).Lines);
        writer.Add(new MetricPoint(1, "loss", 0.5, s_noon));
        await writer.FlushMeasurementsAsync(Cancellation);
        Assert.Single((await ReadAsync(new LogQuery())).Lines);
        writer.AddLine(LogSeverity.Info, 0, "w", "Two.", s_noon);
        await writer.FlushMeasurementsAsync(Cancellation);
        Assert.Single((await ReadAsync(new LogQuery())).Lines);
        await writer.FlushAsync(Cancellation);
        Assert.Equal(2, (await ReadAsync(new LogQuery())).Lines.Count);
    }

    [Theory]
    [InlineData("2.17.3", true)]
    [InlineData("0.0.0", true)]
    [InlineData("2.17", false)]
    [InlineData("2.17.-3", false)]
    [InlineData("2.17.3.4", false)]
    [InlineData("2.17.99999999999", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_position_is_three_numbers(string? text, bool isOne)
    {
        Assert.Equal(isOne, LogPosition.TryParse(text, out var position));
        Assert.True(!isOne || position.ToString() == text);
    }

    [Fact]
    public void Positions_are_ordered_by_number()
    {
        Assert.True(new LogPosition(2, 9, 9) < new LogPosition(10, 1, 1));
        Assert.True(new LogPosition(1, 10, 1) > new LogPosition(1, 9, 30));
        Assert.True(new LogPosition(1, 1, 2) >= new LogPosition(1, 1, 2) && new LogPosition(1, 1, 2) <= new LogPosition(1, 1, 3));
    }

    /// <summary>A hundred lines are worth a file of columns.</summary>
    private static void Fill(MetricWriter writer)
    {
        for (var line = 0; line < 100; line++)
        {
            writer.AddLine(LogSeverity.Info, LogEvents.NoStep, "worker-7", $"A sentence of usual length, which is the one with the number {line}.", s_noon);
        }
    }

    private static LogPosition After(LogPage page)
    {
        Assert.True(LogPosition.TryParse(page.End, out var position));
        return position;
    }

    private Task<LogPage> ReadAsync(LogQuery query) => new MetricReader(_blobs).ReadLogAsync(Run, query, Cancellation);
}
