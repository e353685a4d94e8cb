using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Gateway.Watching;
using DisBack.Orchestration.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Gateway.Tests.Watching;

/// <summary>One stream for all that a page shows, over real HTTP.</summary>
public sealed class LiveTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_tells_of_runs_until_they_have_settled_and_of_those_that_are_none()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        var (first, second) = (await site.SubmitAsync("first"), await site.SubmitAsync("second"));
        using var http = site.Http(site.Viewer);
        var key = new string('0', 64);

        var (ended, snapshots) = (new List<string>(), new Dictionary<string, JsonNode>());
        await foreach (var (type, data) in EventsAsync(
            http, $"run={first.Owner}&run={second.Owner}&run={first.Owner}&run=none-00000000/0000&run=&trajectory={key}&teacher=nobody"))
        {
            if (type == "run")
            {
                Assert.Empty(data!["update"]!["events"]!.AsArray());
                snapshots[(string)data["run"]!] = data["update"]!;
            }
            else if (type is "settled" or "missing")
            {
                ended.Add($"{type} {data!.ToJsonString()}");
            }
            if (ended.Count == 6)
            {
                break;
            }
        }

        Assert.Equal(
            new[]
            {
                $$"""settled {"run":"{{first.Owner}}"}""", $$"""settled {"run":"{{second.Owner}}"}""", """missing {"run":"none-00000000/0000"}""",
                """missing {"run":""}""", $$"""missing {"trajectory":"{{key}}"}""", """missing {"teacher":"nobody"}""",
            }.Order(StringComparer.Ordinal),
            ended.Order(StringComparer.Ordinal));
        Assert.Equal(["completed", "completed"], new[] { first, second }.Select(run => (string)snapshots[run.Owner]["status"]!));
    }

    [Fact]
    public async Task Trajectories_and_teachers_are_told_of_under_their_own_names()
    {
        var training = new ScriptedTraining();
        var hold = training.HoldAt(RunKind.Recording, 5);
        await using var site = await GatewaySite.OpenAsync(training);
        var run = await site.SubmitAsync("recorded");
        await hold.Reached;
        var key = (await site.Archive.TrialAsync(run.Owner, Cancellation))!.Trajectory;
        using var http = site.Http(site.Viewer);

        await foreach (var (type, data) in EventsAsync(http, $"trajectory={key}"))
        {
            if (type == "run")
            {
                Assert.Equal(key, (string)data!["trajectory"]!);
                hold.Open();
            }
            if (type == "settled")
            {
                Assert.Equal($$"""{"trajectory":"{{key}}"}""", data!.ToJsonString());
                break;
            }
        }
    }

    [Fact]
    public async Task Streams_share_one_enumeration_of_a_run_and_one_look_at_the_tables_and_leave_none_behind()
    {
        var training = new ScriptedTraining();
        var hold = training.HoldAt(RunKind.Backtracking, 5);
        await using var site = await GatewaySite.OpenAsync(training);
        var run = await site.SubmitAsync("shared");
        await hold.Reached;
        var (hub, tables) = (site.Gateway.Services.GetRequiredService<FeedHub>(), site.Gateway.Services.GetRequiredService<TableFeed>());
        using var http = site.Http(site.Viewer);
        var streams = Enumerable.Range(0, 3).Select(_ => EventsAsync(http, $"run={run.Owner}&tables=true").GetAsyncEnumerator(Cancellation)).ToList();
        foreach (var stream in streams)
        {
            await UntilAsync(stream, "run");
        }
        Assert.Equal((1, true), (hub.Count, tables.IsLooking));

        // A gateway stops when all its streams have ended.
        await site.Gateway.StopAsync(Cancellation);
        foreach (var stream in streams)
        {
            while (await stream.MoveNextAsync())
            {
            }
            await stream.DisposeAsync();
        }
        Assert.Equal((0, false), (hub.Count, tables.IsLooking));
        hold.Open();
    }

    [Fact]
    public async Task Tables_are_told_of_when_documents_have_changed_and_not_otherwise()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining(), "--Limits:ListAge=00:00:00.05");
        using var http = site.Http(site.Viewer);
        await using var stream = EventsAsync(http, "tables=true").GetAsyncEnumerator(Cancellation);

        var before = (long)(await UntilAsync(stream, "tables"))!["version"]!;
        using var client = site.Client();
        await client.RegisterTeacherAsync("other", new TeacherRegistration(await GatewaySite.PutTeacherAsync(client), "{}", "made up"), Cancellation);
        var after = (long)(await UntilAsync(stream, "tables"))!["version"]!;

        Assert.NotEqual(before, after);
        // Sixty looks lie between two signs of life.
        await UntilAsync(stream, "alive");
        Assert.Equal("alive", (await NextAsync(stream)).Type);
    }

    [Theory]
    [InlineData("", "tell of nothing")]
    [InlineData("tables=false", "tell of nothing")]
    [InlineData("many", "tell of 101 runs; name at most 100")]
    public async Task A_stream_of_nothing_or_of_too_much_is_refused(string query, string sentence)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        query = query == "many" ? string.Join('&', Enumerable.Range(0, LiveRuns + 1).Select(n => $"run=x-00000000/{n:D4}")) : query;
        using var answer = await http.GetAsync(new Uri($"{Api.Prefix}/live?{query}", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(sentence, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["detail"]!, StringComparison.Ordinal);
    }

    private const int LiveRuns = DisBack.Gateway.Endpoints.LiveEndpoints.MostRuns;

    [Fact]
    public async Task A_viewer_that_reads_slowly_finds_the_newest_of_each_run_alone()
    {
        var inbox = new LiveInbox(TimeProvider.System);
        var (first, second) = (RunId.Trial("first/0000"), RunId.Trial("second/0000"));
        for (var sequence = 0; sequence < 10_000; sequence++)
        {
            var update = new RunUpdate { Sequence = sequence, Status = RunStatus.Running };
            inbox.Put(first, news => news with { Update = update });
            inbox.Put(second, news => news with { Update = update });
            inbox.PutTables(sequence);
        }
        inbox.Put(first, news => news with { LastEvent = "settled" });

        var news = new[] { await TakeAsync(), await TakeAsync(), await TakeAsync() };

        Assert.Equal((first, 9_999L, "settled"), (news[0].Run, news[0].Update!.Sequence, news[0].LastEvent));
        Assert.Equal((second, 9_999L, null), (news[1].Run, news[1].Update!.Sequence, news[1].LastEvent));
        Assert.Equal((null, 9_999L), (news[2].Run, news[2].Version));
        Assert.Null(await inbox.TakeAsync(TimeSpan.Zero, Cancellation));

        async Task<LiveNews> TakeAsync() => (await inbox.TakeAsync(TimeSpan.FromMinutes(1), Cancellation))!;
    }

    [Fact]
    public async Task What_comes_after_a_while_without_news_is_found()
    {
        var time = new FakeTimeProvider();
        var inbox = new LiveInbox(time);
        var nothing = inbox.TakeAsync(TimeSpan.FromSeconds(3), Cancellation);
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Null(await nothing);
        var something = inbox.TakeAsync(TimeSpan.FromSeconds(3), Cancellation);
        inbox.PutTables(7);
        Assert.Equal(7, (await something)!.Version);
    }

    private static async Task<JsonNode?> UntilAsync(IAsyncEnumerator<(string Type, JsonNode? Data)> stream, string type)
    {
        while (true)
        {
            var (found, data) = await NextAsync(stream);
            if (found == type)
            {
                return data;
            }
        }
    }

    private static async Task<(string Type, JsonNode? Data)> NextAsync(IAsyncEnumerator<(string Type, JsonNode? Data)> stream)
    {
        Assert.True(await stream.MoveNextAsync());
        return stream.Current;
    }

    private static async IAsyncEnumerable<(string Type, JsonNode? Data)> EventsAsync(HttpClient http, string query)
    {
        using var response = await http.GetAsync(
            new Uri($"{Api.Prefix}/live?{query}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal("3", Assert.Single(response.Headers.GetValues(Api.KeepAliveHeader)));
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(Cancellation)).EnumerateAsync(Cancellation))
        {
            yield return (item.EventType, item.Data.Length == 0 ? null : JsonNode.Parse(item.Data));
        }
    }
}
