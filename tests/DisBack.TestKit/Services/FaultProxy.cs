using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace DisBack.TestKit.Services;

/// <summary>What a <see cref="FaultProxy"/> does to every request.</summary>
public enum ProxyFault
{
    /// <summary>Passes it on.</summary>
    None,

    /// <summary>Answers 503 <c>ServerBusy</c> as a throttling storage account does; nothing is passed on.</summary>
    Busy,

    /// <summary>Passes it on after <see cref="FaultProxy.Delay"/>.</summary>
    Slow,

    /// <summary>Closes its connection without an answer; nothing is passed on.</summary>
    Drop,

    /// <summary>Passes it on and closes the connection instead of bringing the answer: the caller cannot know that it was done.</summary>
    LoseAnswer,
}

/// <summary>An HTTP server in front of another one that fails on demand.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly Uri _target;
    private readonly IPAddress _host;
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
    private readonly Lock _gate = new();
    private readonly List<(long Count, TaskCompletionSource Reached)> _awaited = [];
    private WebApplication _server;
    private volatile ProxyFault _fault;
    private long _hurt;

    private FaultProxy(Uri target, IPAddress host)
    {
        (_target, _host) = (target, host);
        _server = Build(port: 0);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What it does to requests that come from now on.</summary>
    public ProxyFault Fault
    {
        get => _fault;
        set => _fault = value;
    }

    /// <summary>The delay of <see cref="ProxyFault.Slow"/>. Two seconds unless set.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(2);

    /// <param name="target">The server behind it.</param>
    /// <param name="host">The address it listens on; loopback unless given.</param>
    public static async Task<FaultProxy> StartAsync(Uri target, IPAddress? host = null)
    {
        var proxy = new FaultProxy(target, host ?? IPAddress.Loopback);
        await proxy._server.StartAsync();
        proxy.Address = new Uri(proxy._server.Urls.Single());
        return proxy;
    }

    /// <summary>Completes when that many more requests were hurt, by a fault or because the server behind was down; faults when that takes too long.</summary>
    public Task HurtAsync(int requests)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _awaited.Add((_hurt + requests, reached));
        }
        return reached.Task.WaitAsync(s_patience);
    }

    /// <summary>Stops listening: connections are refused.</summary>
    public async Task RefuseAsync()
    {
        await StopAsync();
        _server = Build(Address.Port);
    }

    /// <summary>Listens again.</summary>
    public Task ListenAsync() => _server.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client.Dispose();
    }

    private async Task StopAsync()
    {
        // At once: requests under way are cut off like everything else.
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
    }

    private WebApplication Build(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            server.Listen(_host, port);
            server.Limits.MaxRequestBodySize = null;
        });
        builder.Services.AddHttpForwarder().AddRoutingCore();
        builder.Logging.ClearProviders();
        var server = builder.Build();
        var forwarder = server.Services.GetRequiredService<IHttpForwarder>();
        server.Run(context => HandleAsync(context, forwarder));
        return server;
    }

    private async Task HandleAsync(HttpContext context, IHttpForwarder forwarder)
    {
        var fault = _fault;
        if (fault != ProxyFault.None)
        {
            Hurt();
        }
        switch (fault)
        {
            case ProxyFault.Busy:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                context.Response.Headers["x-ms-error-code"] = "ServerBusy";
                context.Response.ContentType = "application/xml";
                await context.Response.WriteAsync("<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>ServerBusy</Code><Message>The server is "
                    + "busy.</Message></Error>");
                return;
            case ProxyFault.Drop:
                context.Abort();
                return;
            case ProxyFault.LoseAnswer:
                await ForwardAsync(context, forwarder, new LosingTransformer());
                context.Abort();
                return;
            case ProxyFault.Slow:
                await Task.Delay(Delay, context.RequestAborted);
                break;
        }
        if (await ForwardAsync(context, forwarder, HttpTransformer.Empty) != ForwarderError.None)
        {
            Hurt();
        }
    }

    private void Hurt()
    {
        lock (_gate)
        {
            _hurt++;
            foreach (var (_, reached) in _awaited.Where(awaited => awaited.Count <= _hurt))
            {
                reached.TrySetResult();
            }
            _awaited.RemoveAll(awaited => awaited.Reached.Task.IsCompleted);
        }
    }

    private ValueTask<ForwarderError> ForwardAsync(HttpContext context, IHttpForwarder forwarder, HttpTransformer transformer) =>
        forwarder.SendAsync(context, _target.GetLeftPart(UriPartial.Authority), _client, ForwarderRequestConfig.Empty, transformer);

    /// <summary>Takes the whole answer of the server behind and brings none of it.</summary>
    private sealed class LosingTransformer : HttpTransformer
    {
        public override ValueTask<bool> TransformResponseAsync(
            HttpContext httpContext,
            HttpResponseMessage? proxyResponse,
            CancellationToken cancellationToken) => new(false);
    }
}
