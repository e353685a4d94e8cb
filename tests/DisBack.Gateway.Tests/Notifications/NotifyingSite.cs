using DisBack.Contracts.Grains;
using DisBack.Gateway.Notifications;
using DisBack.Orchestration.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway.Tests.Notifications;

/// <summary>A site whose gateways may follow rules, at a quick pace, and whose logs are kept.</summary>
internal sealed class NotifyingSite : IAsyncDisposable
{
    public const string Secret = "a secret of more than twenty-four bytes";

    private readonly GatewaySite _site;

    private NotifyingSite(GatewaySite site) => _site = site;

    public static NotificationPace Pace { get; } = new()
    {
        Look = TimeSpan.FromMilliseconds(30),
        Renewal = TimeSpan.FromMilliseconds(100),
        FirstRetry = TimeSpan.FromMilliseconds(20),
        LongestRetry = TimeSpan.FromMilliseconds(100),
    };

    /// <summary>Everything that its gateways have logged.</summary>
    public LogBook Logs { get; } = new();

    public GatewaySite Site => _site;

    public static async Task<NotifyingSite> OpenAsync(ScriptedTraining training)
    {
        var site = await GatewaySite.OpenAsync(training);
        await File.WriteAllTextAsync(Path.Combine(site.Folder, "secret"), Secret + "\n");
        return new NotifyingSite(site);
    }

    /// <summary>Starts a gateway that follows rules, and waits until it does.</summary>
    /// <param name="rules">The rules in YAML, each the keys of one.</param>
    public Task<WebApplication> StartAsync(params string[] rules) => StartAsync(Pace, rules.Length, rules);

    /// <inheritdoc cref="StartAsync(string[])"/>
    /// <param name="pace">How long things take.</param>
    /// <param name="followed">How many of the rules it follows, because no other gateway does.</param>
    /// <param name="rules">The rules.</param>
    public async Task<WebApplication> StartAsync(NotificationPace pace, int followed, params string[] rules)
    {
        var file = Path.Combine(_site.Folder, $"{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(
            file, "dashboard: https://disback.example.org\nrules:\n" + string.Concat(rules.Select(rule => $"  - {{ secret_file: secret, {rule} }}\n")));
        var gateway = await _site.StartGatewayAsync(
            services => services.AddSingleton(pace).AddSingleton<ILoggerProvider>(Logs),
            $"--Notifications:File={file}",
            "--Limits:ListAge=00:00:00.02",
            "--Logging:LogLevel:Default=Trace",
            "--Logging:Console:LogLevel:Default=None");
        for (; followed > 0; followed--)
        {
            await Logs.SeenAsync("This gateway follows the rule");
        }
        return gateway;
    }

    /// <summary>Submits a run, and waits until it has settled.</summary>
    public async Task<RunId> RunAsync(string name)
    {
        var run = await _site.SubmitAsync(name);
        await SettledAsync(run);
        return run;
    }

    public async Task SettledAsync(RunId run)
    {
        using var client = _site.Client();
        await foreach (var _ in client.WatchAsync(run, 0, TestContext.Current.CancellationToken))
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        Logs.Dispose();
    }
}
