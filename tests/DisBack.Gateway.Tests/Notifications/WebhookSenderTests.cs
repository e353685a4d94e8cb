using System.Diagnostics.Metrics;
using DisBack.Contracts.Documents;
using DisBack.Gateway.Notifications;
using DisBack.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace DisBack.Gateway.Tests.Notifications;

/// <summary>How long is waited between attempts, and for how long at all, by a clock that is moved by hand.</summary>
public sealed class WebhookSenderTests : IAsyncLifetime
{
    private static readonly NotificationPace s_pace = new();

    private readonly TimerLog _time = new();
    private readonly WebhookSender _sender;
    private WebhookReceiver _receiver = null!;

    public WebhookSenderTests() => _sender = new WebhookSender(s_pace, _time, NullLogger<WebhookSender>.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _receiver = await WebhookReceiver.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _sender.Dispose();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task Pauses_grow_up_to_the_longest_until_the_notification_is_given_up_after_a_day()
    {
        _receiver.Usual = StatusCodes.Status503ServiceUnavailable;
        var began = _time.GetUtcNow();
        using var failures = new Counted(Instruments.NotificationsFailed.Name);
        var sending = SendAsync("hook");
        var (pauses, ids) = (new List<TimeSpan>(), new HashSet<string>());

        while (!sending.IsCompleted)
        {
            ids.Add((await _receiver.NextAsync()).Id);
            pauses.Add(await PauseAsync());
            _time.Advance(pauses[^1]);
            if (_time.GetUtcNow() - began >= s_pace.Patience)
            {
                await sending;
            }
        }

        Assert.Single(ids);
        Assert.InRange(pauses[0], TimeSpan.Zero, 3 * s_pace.FirstRetry);
        Assert.All(pauses, pause => Assert.InRange(pause, TimeSpan.Zero, s_pace.LongestRetry));
        Assert.True(pauses.Count(pause => pause == s_pace.LongestRetry) > 50, string.Join(' ', pauses));
        Assert.True(pauses.Distinct().Count() > 5, "The first pauses have no jitter.");
        Assert.Equal("expired", Assert.Single(failures.Outcomes));
    }

    [Theory]
    [InlineData(StatusCodes.Status429TooManyRequests, "120", 120)]
    [InlineData(StatusCodes.Status503ServiceUnavailable, "7200", 7200)]
    [InlineData(StatusCodes.Status503ServiceUnavailable, "Sat, 01 Jan 2000 00:05:00 GMT", 300)]
    public async Task A_receiver_says_when_it_wants_to_be_asked_again(int status, string retryAfter, int seconds)
    {
        _receiver.Answer(status, retryAfter);
        using var deliveries = new Counted(Instruments.NotificationsDelivered.Name);
        var sending = SendAsync("hook");

        var first = await _receiver.NextAsync();
        Assert.Equal(TimeSpan.FromSeconds(seconds), await PauseAsync());
        _time.Advance(TimeSpan.FromSeconds(seconds));
        var second = await _receiver.NextAsync();
        await sending;

        Assert.Equal(first.Id, second.Id);
        Assert.Equal(first.Body, second.Body);
        Assert.Equal(long.Parse(first.Timestamp) + seconds, long.Parse(second.Timestamp));
        Assert.NotEqual(first.Signature, second.Signature);
        Assert.Single(deliveries.Outcomes);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_in_time_is_asked_again()
    {
        using var ending = new CancellationTokenSource();
        var sending = SendAsync(WebhookReceiver.Silent[1..], ending.Token);
        var first = await _receiver.NextAsync();
        _time.Advance(s_pace.Answer);
        _time.Advance(await PauseAsync());
        Assert.Equal(first.Id, (await _receiver.NextAsync()).Id);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task What_is_refused_is_not_sent_again()
    {
        using var failures = new Counted(Instruments.NotificationsFailed.Name);
        _receiver.Answer(StatusCodes.Status410Gone);
        await SendAsync("hook");
        await _receiver.NextAsync();
        Assert.Equal("refused", Assert.Single(failures.Outcomes));
    }

    private Task<TimeSpan> PauseAsync() => _time.NextAsync(s_pace.Answer, s_pace.Patience);

    private Task SendAsync(string path, CancellationToken? cancellation = null)
    {
        var change = new Change(Subject.Runs, "x-00000000/0000", 7, _time.GetUtcNow(), RunStatus.Completed) { Origin = _time.GetUtcNow() };
        var settings = new RuleSettings { Name = "chat", Url = "", SecretFile = "", On = [] };
        var rule = new Rule(
            settings, new Uri($"http://127.0.0.1:{_receiver.Port}/{path}"), WebhookSigner.Parse(new string('k', 24))!, null);
        var notification = new Notification(
            change.IdFor("chat"), change.At, "chat", "run", change.Key, "x", change.Status, RunStatus.Running, 40, "Completed.", null, null);
        return _sender.SendAsync(rule, notification, cancellation ?? Cancellation);
    }

    /// <summary>What a counter is given in this test.</summary>
    private sealed class Counted : IDisposable
    {
        private readonly MeterListener _listener = new();

        public Counted(string name)
        {
            // Other tests count at the same time, in flows of their own.
            s_flow.Value = this;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == Instruments.Name && instrument.Name == name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, counted, tags, _) =>
            {
                if (counted > 0 && s_flow.Value == this)
                {
                    Outcomes.Add(tags.Length == 0 ? null : (string?)tags[0].Value);
                }
            });
            _listener.Start();
        }

        private static readonly AsyncLocal<Counted?> s_flow = new();

        public List<string?> Outcomes { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
