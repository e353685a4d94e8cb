using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway.Tests.Clients;

/// <summary>What is no gateway of DisBack is told from one, whatever it answers, and is not asked without end.</summary>
public sealed class ForeignAnswerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"items": [], "next": "a"}""")]
    [InlineData("""{"items": [{"id": "a", "name": "a"}], "next": "a"}""")]
    [InlineData("""{"items": null, "next": null}""")]
    public async Task A_list_that_does_not_go_on_ends(string json)
    {
        await using var server = await ServeAsync(StatusCodes.Status200OK, "application/json", json);
        using var client = new ClusterClient(new Uri(server.Urls.Single()), token: null);
        var error = await Assert.ThrowsAnyAsync<DisBackException>(() => client.RunsAsync(null, Cancellation));
        Assert.Contains("not a list of a gateway", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"detail": 5}""")]
    [InlineData("""{"detail": "\ud800"}""")]
    public async Task A_problem_that_says_nothing_is_still_a_sentence(string json)
    {
        await using var server = await ServeAsync(StatusCodes.Status400BadRequest, "application/problem+json", json);
        using var client = new ClusterClient(new Uri(server.Urls.Single()), token: null);
        var error = await Assert.ThrowsAnyAsync<DisBackException>(() => client.WhyAsync(RunId.Teacher("a"), Cancellation));
        Assert.Contains("answered 400", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_is_no_update_ends_the_watch()
    {
        await using var server = await ServeAsync(StatusCodes.Status200OK, "text/event-stream", "data: {\"sequence\": \"x\"}\n\n");
        using var client = new ClusterClient(new Uri(server.Urls.Single()), token: null);
        var error = await Assert.ThrowsAsync<DisBackException>(async () =>
            await client.WatchAsync(RunId.Teacher("a"), 0, Cancellation).LastAsync(Cancellation));
        Assert.Contains("not an update of a run", error.Message, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> ServeAsync(int status, string type, string body)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        server.Run(context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (status, type);
            return context.Response.WriteAsync(body);
        });
        await server.StartAsync(Cancellation);
        return server;
    }
}
