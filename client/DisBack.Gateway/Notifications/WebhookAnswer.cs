using System.Net;

namespace DisBack.Gateway.Notifications;

/// <summary>What a receiver said to a notification.</summary>
/// <param name="Status">The status of its answer.</param>
/// <param name="RetryAfter">After what time it wants to be asked again; null where it does not say.</param>
internal sealed record WebhookAnswer(HttpStatusCode Status, TimeSpan? RetryAfter)
{
    /// <summary>Whether it has taken the notification.</summary>
    public bool IsTaken => (int)Status is >= 200 and < 300;

    /// <summary>Whether it may take it another time.</summary>
    public bool IsPassing => Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)Status >= 500;

    /// <summary>The answer of a response.</summary>
    public static WebhookAnswer Of(HttpResponseMessage response, DateTimeOffset now)
    {
        var after = response.Headers.RetryAfter;
        var wait = after?.Delta ?? after?.Date - now;
        return new WebhookAnswer(response.StatusCode, wait > TimeSpan.Zero ? wait : null);
    }
}
