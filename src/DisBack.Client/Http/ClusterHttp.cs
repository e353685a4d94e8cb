using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace DisBack.Client.Http;

/// <summary>
/// Requests to a gateway. Every request may be repeated, so whatever fails on the way is tried again for a few seconds, and what the gateway refuses
/// becomes the exception that says so.
/// </summary>
internal sealed class ClusterHttp : IDisposable
{
    private const int Tries = 5;

    private readonly HttpClient _http;
    private readonly ResiliencePipeline<HttpResponseMessage> _retries;
    private readonly ResiliencePipeline<HttpResponseMessage> _calls;

    public ClusterHttp(Uri address, string? token, TimeProvider time, Action<string> notice)
    {
        Address = address;
        _http = new HttpClient(new SocketsHttpHandler
        {
            // A token goes to whom it was given for, and nowhere else.
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            BaseAddress = new Uri($"{address.AbsoluteUri.TrimEnd('/')}/{Api.Prefix}/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        var retry = new RetryStrategyOptions<HttpResponseMessage>
        {
            ShouldHandle = outcome => new(IsTransient(outcome.Outcome)),
            MaxRetryAttempts = Tries - 1,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromSeconds(0.5),
            MaxDelay = TimeSpan.FromSeconds(5),
            UseJitter = true,
            OnRetry = outcome =>
            {
                if (outcome.AttemptNumber == 1)
                {
                    notice(Trouble(outcome.Outcome.Exception));
                }
                return default;
            },
        };
        _retries = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }.AddRetry(retry).Build();
        _calls = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }.AddRetry(retry).AddTimeout(TimeSpan.FromMinutes(1)).Build();
    }

    /// <summary>The gateway.</summary>
    public Uri Address { get; }

    /// <summary>The notice to a user while the gateway is tried again.</summary>
    public string Trouble(Exception? failure) =>
        $"The cluster at {Address} does not answer{(failure is null ? "" : $" ({Innermost(failure).Message.TrimEnd('.')})")}; trying again.";

    /// <summary>Reads what must be there.</summary>
    public async Task<T> GetAsync<T>(string path, CancellationToken cancellation)
    {
        using var response = await CallAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellation);
        return await ReadAsync<T>(response, cancellation);
    }

    /// <summary>Reads what may be missing; null if it is.</summary>
    public async Task<T?> FindAsync<T>(string path, CancellationToken cancellation)
        where T : class
    {
        try
        {
            return await GetAsync<T>(path, cancellation);
        }
        catch (NotFoundException)
        {
            return null;
        }
    }

    /// <summary>Sends a command or a submission.</summary>
    public async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellation)
    {
        using var response = await CallAsync(
            () => new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body, body.GetType(), null, Api.Json) },
            cancellation);
        return await ReadAsync<T>(response, cancellation);
    }

    /// <summary>A request whose body, in either direction, takes as long as it takes. The caller disposes the response, which is a success.</summary>
    public Task<HttpResponseMessage> TransferAsync(Func<HttpRequestMessage> request, CancellationToken cancellation) =>
        SendAsync(_retries, request, cancellation);

    /// <summary>A request that is made once: its caller knows how to go on.</summary>
    public async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellation) =>
        await CheckedAsync(await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation), cancellation);

    public void Dispose() => _http.Dispose();

    private Task<HttpResponseMessage> CallAsync(Func<HttpRequestMessage> request, CancellationToken cancellation) => SendAsync(_calls, request, cancellation);

    private async Task<HttpResponseMessage> SendAsync(
        ResiliencePipeline<HttpResponseMessage> pipeline,
        Func<HttpRequestMessage> make,
        CancellationToken cancellation)
    {
        try
        {
            var response = await pipeline.ExecuteAsync(
                async stop =>
                {
                    using var request = make();
                    return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
                },
                cancellation);
            return await CheckedAsync(response, cancellation);
        }
        catch (Exception failure) when (failure is HttpRequestException or TimeoutRejectedException)
        {
            throw new ClusterUnavailableException(
                $"The cluster at {Address} does not answer ({Innermost(failure).Message.TrimEnd('.')}); check the address given with --cluster, and whether "
                    + "its gateway runs.", failure);
        }
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(Api.Json, cancellation) ?? throw new JsonException("null");
        }
        catch (Exception failure) when (failure is JsonException or HttpRequestException or IOException or NotSupportedException or InvalidOperationException)
        {
            throw new ClusterUnavailableException(
                $"What {Address} answered is not what a gateway of DisBack answers; check the address given with --cluster.",
                failure);
        }
    }

    /// <summary>The response if it is a success; otherwise the exception that its problem document asks for.</summary>
    private async Task<HttpResponseMessage> CheckedAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode)
        {
            return response;
        }
        using (response)
        {
            var detail = await DetailAsync(response, cancellation);
            throw response.StatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new NotPermittedException(detail ?? $"The cluster at {Address} refuses the token."),
                // The answer to HEAD has no body that could tell a gateway's "not found" from a stranger's.
                HttpStatusCode.NotFound when detail is not null
                    || response.RequestMessage?.Method == HttpMethod.Head => new NotFoundException(detail ?? "Not found."),
                HttpStatusCode.BadRequest or HttpStatusCode.Conflict or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity
                    when detail is not null => new DisBackException(detail),
                _ => new ClusterUnavailableException(detail ?? $"The cluster at {Address} answered {(int)response.StatusCode} {response.ReasonPhrase}; check "
                    + "the address given with --cluster, or try again later."),
            };
        }
    }

    private static async Task<string?> DetailAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return null;
        }
        try
        {
            using var problem = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellation), default, cancellation);
            return problem.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not an object, or a detail that is no text: nobody's problem document.
            return null;
        }
    }

    private static bool IsTransient(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        {
            Result.StatusCode:
                HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
        } => true,
        _ => false,
    };

    private static Exception Innermost(Exception failure) => failure.InnerException is { } inner ? Innermost(inner) : failure;
}
