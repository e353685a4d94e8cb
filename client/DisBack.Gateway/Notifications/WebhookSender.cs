using System.Net.Http.Headers;
using DisBack.Gateway.Diagnostics;
using DisBack.Telemetry;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace DisBack.Gateway.Notifications;

/// <summary>Posts notifications, and tries again where the receiver may take them another time.</summary>
internal sealed partial class WebhookSender : IDisposable
{
    private static readonly ResiliencePropertyKey<Notification> s_notification = new("notification");
    private static readonly KeyValuePair<string, object?> s_refused = new("outcome", "refused");
    private static readonly KeyValuePair<string, object?> s_expired = new("outcome", "expired");

    /// <summary>Pools of connections are apart for each receiver, so none waits for another. An address that was looked up is not kept for ever.</summary>
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        // Another address than the one in the file would be one that the operator has not named.
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { UserAgent = { new ProductInfoHeaderValue("DisBack", Observability.Version.Split('+')[0]) } },
    };

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline<WebhookAnswer> _attempts;

    public WebhookSender(NotificationPace pace, TimeProvider time, ILogger<WebhookSender> logger)
    {
        (_time, _logger) = (time, logger);
        _attempts = new ResiliencePipelineBuilder<WebhookAnswer> { TimeProvider = time }
            .AddTimeout(pace.Patience)
            .AddRetry(new RetryStrategyOptions<WebhookAnswer>
            {
                ShouldHandle = attempt => new(attempt.Outcome is { Exception: not (null or OperationCanceledException) } or { Result.IsPassing: true }),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = pace.FirstRetry,
                MaxDelay = pace.LongestRetry,
                UseJitter = true,
                // No longer than there is patience: a timer takes no pause of a year.
                DelayGenerator = attempt => new(
                    attempt.Outcome.Result?.RetryAfter is { } wait ? TimeSpan.FromTicks(Math.Min(wait.Ticks, pace.Patience.Ticks)) : null),
                OnRetry = failed =>
                {
                    if (failed.AttemptNumber == 0 && failed.Context.Properties.TryGetValue(s_notification, out var notification))
                    {
                        LogRetries(notification.Rule, notification.Run, notification.Status, Describe(failed.Outcome));
                    }
                    return default;
                },
            })
            .AddTimeout(pace.Answer)
            .Build();
        // A counter that Prometheus first sees at one has not increased to it, and an alert watches this one.
        Instruments.NotificationsFailed.Add(0, s_refused);
        Instruments.NotificationsFailed.Add(0, s_expired);
    }

    /// <summary>Delivers a notification, or gives it up.</summary>
    /// <exception cref="OperationCanceledException">It was stopped before either.</exception>
    public async Task SendAsync(Rule rule, Notification notification, CancellationToken cancellation)
    {
        var body = notification.ToJson();
        var context = ResilienceContextPool.Shared.Get(cancellation);
        context.Properties.Set(s_notification, notification);
        try
        {
            var answer = await _attempts.ExecuteAsync(
                async (attempt, sent) => await PostAsync(sent.rule, sent.notification.Id, sent.body, attempt.CancellationToken),
                context,
                (rule, notification, body));
            if (answer.IsTaken)
            {
                Instruments.NotificationsDelivered.Add(1);
                return;
            }
            Instruments.NotificationsFailed.Add(1, s_refused);
            LogRefused(rule.Name, notification.Run, notification.Status, (int)answer.Status);
        }
        catch (TimeoutRejectedException)
        {
            Instruments.NotificationsFailed.Add(1, s_expired);
            LogExpired(rule.Name, notification.Run, notification.Status);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<WebhookAnswer> PostAsync(Rule rule, string id, byte[] body, CancellationToken cancellation)
    {
        var now = _time.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, rule.Target) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", WebhookSigner.SecondsOf(now));
        request.Headers.Add("webhook-signature", rule.Signer.Sign(id, now, body));
        // What it says beside the status is of no use to us, and may have no end.
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return WebhookAnswer.Of(response, _time.GetUtcNow());
    }

    /// <summary>Why an attempt failed. The address may hold a secret, so only the kind of an error is told and not its text.</summary>
    private static string Describe(Outcome<WebhookAnswer> outcome) => outcome switch
    {
        { Result: { } answer } => $"the receiver answered {(int)answer.Status}",
        { Exception: HttpRequestException failed } => $"the request failed ({failed.HttpRequestError})",
        _ => "the receiver did not answer in time",
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "The rule {Rule} could not tell that {Run} is {Status}, and tries again: {Reason}.")]
    private partial void LogRetries(string rule, string run, Contracts.Documents.RunStatus status, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The rule {Rule} could not tell that {Run} is {Status}: the receiver answered {Answer}, which trying again does not change; correct the "
            + "rule's url (redirects are not followed), or ask the receiver.")]
    private partial void LogRefused(string rule, string run, Contracts.Documents.RunStatus status, int answer);

    [LoggerMessage(
        Level = LogLevel.Error, Message = "The rule {Rule} could not tell that {Run} is {Status} and has given that up; see whether the receiver runs.")]
    private partial void LogExpired(string rule, string run, Contracts.Documents.RunStatus status);
}
