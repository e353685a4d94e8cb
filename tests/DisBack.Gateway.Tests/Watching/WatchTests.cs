using System.Net;
using System.Net.ServerSentEvents;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Gateway.Watching;
using DisBack.Orchestration.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Gateway.Tests.Watching;

/// <summary>Watching a run over real HTTP: resumed, shared, slow, and through the end of the gateway.</summary>
public sealed class WatchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_watch_tells_every_event_once_and_ends_where_the_run_has_settled()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client(site.Viewer);
        var run = await site.SubmitAsync("watched");

        var updates = await client.WatchAsync(run, 0, Cancellation).ToListAsync(Cancellation);

        Assert.Equal(RunStatus.Completed, updates[^1].Status);
        var sequences = updates.SelectMany(update => update.Events).Select(happened => happened.Sequence).ToList();
        Assert.Equal(Enumerable.Range(1, sequences.Count).Select(n => (long)n), sequences);
        Assert.Equal(updates[^1].Sequence, sequences[^1]);
    }

    [Fact]
    public async Task Last_event_id_goes_on_after_that_event()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        var run = await site.SubmitAsync("resumed");
        using (var client = site.Client())
        {
            await client.WatchAsync(run, 0, Cancellation).LastAsync(Cancellation);
        }
        using var http = site.Http(site.Viewer);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/v1/{Api.PathOf(run)}/watch");
        request.Headers.Add("Last-Event-ID", "3");

        using var response = await http.SendAsync(request, Cancellation);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var item = Assert.Single(SseParser.Create(await response.Content.ReadAsStreamAsync(Cancellation)).Enumerate());
        var update = System.Text.Json.JsonSerializer.Deserialize<RunUpdate>(item.Data, Api.Json)!;
        Assert.Equal(update.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture), item.EventId);
        Assert.Equal(4, update.Events[0].Sequence);
    }

    [Fact]
    public async Task Many_watchers_share_one_enumeration_and_a_slow_one_holds_up_nobody()
    {
        var training = new ScriptedTraining();
        var hold = training.HoldAt(RunKind.Backtracking, 5);
        await using var site = await GatewaySite.OpenAsync(training);
        var run = await site.SubmitAsync("shared");
        await hold.Reached;

        // Reads its headers and never its body.
        using var http = site.Http(site.Viewer);
        using var slow = await http.GetAsync(
            new Uri($"api/v1/{Api.PathOf(run)}/watch", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead,
            Cancellation);
        using var client = site.Client(site.Viewer);
        var begun = Enumerable.Range(0, 8).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToList();
        var watchers = begun.ConvertAll(WatchAsync);
        await Task.WhenAll(begun.Select(one => one.Task));
        Assert.Equal(1, site.Gateway.Services.GetRequiredService<FeedHub>().Count);
        hold.Open();

        foreach (var updates in await Task.WhenAll(watchers))
        {
            Assert.Equal(RunStatus.Completed, updates[^1].Status);
            var sequences = updates.SelectMany(update => update.Events).Select(happened => happened.Sequence).ToList();
            Assert.Equal(Enumerable.Range(1, sequences.Count).Select(n => (long)n), sequences);
        }

        async Task<List<RunUpdate>> WatchAsync(TaskCompletionSource first)
        {
            var updates = new List<RunUpdate>();
            await foreach (var update in client.WatchAsync(run, 0, Cancellation))
            {
                updates.Add(update);
                first.TrySetResult();
            }
            return updates;
        }
    }

    [Fact]
    public async Task A_watch_goes_on_when_its_gateway_is_replaced_and_says_so_when_that_takes_long()
    {
        var training = new ScriptedTraining();
        var hold = training.HoldAt(RunKind.Backtracking, 5);
        await using var site = await GatewaySite.OpenAsync(training);
        var run = await site.SubmitAsync("outlived");
        await hold.Reached;
        var port = site.Address.Port;
        var notices = new List<string>();
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var client = site.Client(site.Viewer, notice =>
        {
            lock (notices)
            {
                notices.Add(notice);
            }
            waiting.TrySetResult();
        });
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var watching = WatchAsync();
        await begun.Task;

        await site.Gateway.StopAsync(Cancellation);
        await waiting.Task;
        await site.StartGatewayAsync($"--Endpoints:Http={port}");
        hold.Open();
        var sequences = await watching;

        Assert.Equal(Enumerable.Range(1, sequences.Count).Select(n => (long)n), sequences);
        Assert.StartsWith($"The cluster at {site.Address.Scheme}://127.0.0.1:{port}/ does not answer", notices[0]);
        Assert.EndsWith("answers again.", notices[^1]);

        async Task<List<long>> WatchAsync()
        {
            var seen = new List<long>();
            await foreach (var update in client.WatchAsync(run, 0, Cancellation))
            {
                seen.AddRange(update.Events.Select(happened => happened.Sequence));
                begun.TrySetResult();
            }
            return seen;
        }
    }

    [Fact]
    public async Task A_run_that_is_none_is_not_watched_and_wakes_no_grain()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();

        await Assert.ThrowsAsync<NotFoundException>(
            async () => await client.WatchAsync(RunId.Trial("nothing-00000000/0000"), 0, Cancellation).LastAsync(Cancellation));
        await Assert.ThrowsAsync<NotFoundException>(() => client.PauseAsync(RunId.Trial("nothing-00000000/0000"), Cancellation));
        using var http = site.Http(site.Operator);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await http.GetAsync(new Uri("api/v1/runs/nothing-00000000/0000/why", UriKind.Relative), Cancellation)).StatusCode);
    }
}
