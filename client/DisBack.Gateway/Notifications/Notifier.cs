using DisBack.ReadModel;
using DisBack.Storage.Blobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway.Notifications;

/// <summary>Follows the rules, each for itself: none waits for the receiver of another.</summary>
internal sealed class Notifier(
    IReadOnlyList<Rule> rules, DocumentReadModel tables, IBlobStore blobs, NotificationPace pace, TimeProvider time, ILoggerFactory logs)
    : BackgroundService, IAsyncDisposable
{
    private readonly WebhookSender _sender = new(pace, time, logs.CreateLogger<WebhookSender>());

    /// <summary>Stops, also where the host was not stopped before: afterwards nothing writes to the store, which its owner may delete.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        Dispose();
    }

    public override void Dispose()
    {
        base.Dispose();
        _sender.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(rules.Select(rule => new RuleFollower(
        rule,
        new ChangeReader(rule, tables, time, logs.CreateLogger<ChangeReader>()),
        new RuleLedger(blobs, rule.Name, pace, time),
        _sender,
        pace,
        time,
        logs.CreateLogger<RuleFollower>()).FollowAsync(stoppingToken)));
}
