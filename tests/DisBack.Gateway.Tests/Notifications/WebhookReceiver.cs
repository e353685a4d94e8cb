using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway.Tests.Notifications;

/// <summary>A receiver of notifications on loopback.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    /// <summary>What is posted here is never answered.</summary>
    public const string Silent = "/silent";

    private readonly Channel<Post> _posts = Channel.CreateUnbounded<Post>();
    private readonly ConcurrentQueue<(int Status, string? RetryAfter)> _answers = new();
    private readonly WebApplication _server;

    private WebhookReceiver(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _server = builder.Build();
        _server.MapPost("/{**path}", TakeAsync);
    }

    public int Port => new Uri(_server.Urls.Single()).Port;

    /// <summary>The status of every answer that is not scripted.</summary>
    public int Usual { get; set; } = StatusCodes.Status204NoContent;

    public static async Task<WebhookReceiver> StartAsync(int port = 0)
    {
        var receiver = new WebhookReceiver(port);
        await receiver._server.StartAsync();
        return receiver;
    }

    /// <summary>A port that nothing listens on.</summary>
    public static async Task<int> FreePortAsync()
    {
        await using var receiver = await StartAsync();
        return receiver.Port;
    }

    /// <summary>The next posts are answered so, each once.</summary>
    public void Answer(int status, string? retryAfter = null) => _answers.Enqueue((status, retryAfter));

    /// <summary>The next post, in the order of their arrival.</summary>
    public async Task<Post> NextAsync() =>
        await _posts.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromMinutes(1));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = context.Request.Headers;
        _posts.Writer.TryWrite(new Post(
            context.Request.Path,
            headers["webhook-id"].Single()!,
            headers["webhook-timestamp"].Single()!,
            headers["webhook-signature"].Single()!,
            body.ToArray()));
        if (context.Request.Path == Silent)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }
        var (status, retryAfter) = _answers.TryDequeue(out var answer) ? answer : (Usual, null);
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = retryAfter;
        context.Response.Headers.Location = status is >= 300 and < 400 ? "/elsewhere" : null;
    }
}
