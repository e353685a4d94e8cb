using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.TestKit.Monitoring;

/// <summary>Whoever is on duty: remembers which alerts Alertmanager has told of.</summary>
public sealed class AlertReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _firing = [];
    private TaskCompletionSource _changed = New();

    private AlertReceiver(WebApplication application) => _application = application;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    public static async Task<AlertReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new AlertReceiver(builder.Build());
        receiver._application.MapPost("/", receiver.ReceiveAsync);
        await receiver._application.StartAsync();
        receiver.Address = new Uri(
            receiver._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return receiver;
    }

    /// <summary>The names of the alerts that fire.</summary>
    public IReadOnlyList<string> Firing
    {
        get
        {
            lock (_gate)
            {
                return [.. _firing.Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Waits until what fires satisfies a condition; returns it.</summary>
    public async Task<IReadOnlyList<string>> UntilAsync(Func<IReadOnlyList<string>, bool> condition, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
            }
            if (condition(Firing))
            {
                return Firing;
            }
            await changed.WaitAsync(cancellation);
        }
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task ReceiveAsync(HttpRequest request)
    {
        var told = await JsonSerializer.DeserializeAsync<JsonNode>(request.Body);
        lock (_gate)
        {
            // One message holds all alerts of a name.
            var name = told!["groupLabels"]!["alertname"]!.GetValue<string>();
            _ = told["status"]!.GetValue<string>() == "firing" ? _firing.Add(name) : _firing.Remove(name);
            _changed.TrySetResult();
            _changed = New();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
