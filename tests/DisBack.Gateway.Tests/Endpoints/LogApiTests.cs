using System.Net;
using System.Text.Json;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Tests;
using DisBack.Storage.Metrics;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>The log of a run over HTTP, from a worker that really trains.</summary>
public sealed class LogApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_stack_trace_of_a_crash_is_there_and_what_the_next_attempt_tells_behind_it()
    {
        var script = new ScriptedTraining();
        script.At(RunKind.Backtracking, 27, _ => throw new InvalidOperationException("The device fell off the bus."));
        await using var site = await GatewaySite.OpenAsync(script);
        var run = await site.SubmitAsync("crashed");
        using var client = site.Client();
        await foreach (var update in client.WatchAsync(run, cancellationToken: Cancellation))
        {
            Assert.NotEqual(RunStatus.Failed, update.Status);
        }

        var page = await client.LogsAsync(run, new LogQuery(), Cancellation);

        Assert.Equal([1, 2], page.Lines.Select(line => line.Attempt).Distinct());
        var failure = Assert.Single(page.Lines, line => line.Level == LogSeverity.Error);
        Assert.Equal((1, 26L), (failure.Attempt, failure.Step));
        Assert.StartsWith("InvalidOperationException: The device fell off the bus.\n", failure.Text, StringComparison.Ordinal);
        Assert.Contains("\n   at DisBack.", failure.Text, StringComparison.Ordinal);
        Assert.Contains(page.Lines, line => line is { Attempt: 2, Step: 20 } && line.Text.StartsWith("It goes on from step 20 of", StringComparison.Ordinal));
        Assert.Contains(page.Lines, line => line.Text.StartsWith("Node 1 (", StringComparison.Ordinal));
        Assert.Contains(page.Lines, line => line is { Attempt: 1, Text: "Target 3 -> 2.", Silo: not "" });
        Assert.DoesNotContain((await client.MetricsAsync(run, Cancellation)).Events, happened => happened.Event.Kind == "log");
        Assert.Equal(
            JsonSerializer.Serialize(await site.Archive.LogsAsync(run, new LogQuery(), Cancellation)),
            JsonSerializer.Serialize(page));
        var trajectory = RunId.Trajectory((await client.TrialAsync(run.Owner, Cancellation))!.Trajectory);
        Assert.StartsWith(
            "Attempt 1 of the recording begins on ",
            (await client.LogsAsync(trajectory, new LogQuery(), Cancellation)).Lines[0].Text,
            StringComparison.Ordinal);

        var found = await client.LogsAsync(
            run, new LogQuery { Attempt = 1, Level = LogSeverity.Warning, Search = "FELL off", Limit = 1 }, Cancellation);
        Assert.Equal(failure, Assert.Single(found.Lines));
        var (lines, query) = (new List<LogLine>(), new LogQuery { Limit = 2 });
        do
        {
            page = await client.LogsAsync(run, query, Cancellation);
            lines.AddRange(page.Lines);
            query = query with { After = LogPosition.TryParse(page.End, out var end) ? end : null };
        }
        while (page.More);
        Assert.Equal((await site.Archive.LogsAsync(run, new LogQuery(), Cancellation)).Lines, lines);
        await RefusedAsync(site, run);
    }

    private static async Task RefusedAsync(GatewaySite site, RunId run)
    {
        using var http = site.Http(site.Viewer);
        foreach (var (query, told) in new[]
        {
            ("level=loud", "There is no level 'loud'; it is one of info, warning, error."),
            ("after=3", "after is '3', which is no position in a log; give the end of another page."),
            ("limit=0", "limit is 0; a page of a log has 1 to 1000 lines."),
            ("limit=1001", "limit is 1001; a page of a log has 1 to 1000 lines."),
        })
        {
            using var response = await http.GetAsync($"{Api.Prefix}/{Api.PathOf(run)}/logs?{query}", Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
            Assert.Equal(told, problem.RootElement.GetProperty("detail").GetString());
        }
        using var missing = await http.GetAsync($"{Api.Prefix}/runs/none-00000000/0000/logs", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }
}
