using DisBack.Gateway.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace DisBack.Gateway.Watching;

/// <summary>When a stream of events ends: its reader has gone, this process stops, or the token that let its reader in does not count any more.</summary>
internal sealed class StreamEnd : IDisposable
{
    /// <summary>The file of tokens is looked at again after a second, so a token that is taken away ends a stream soon after.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(0.5);

    private readonly CancellationTokenSource _end;
    private readonly PeriodicTimer _timer;

    /// <param name="context">The request.</param>
    /// <param name="tokens">The tokens that count; null where none is needed.</param>
    /// <param name="lifetime">This process.</param>
    /// <param name="time">The clock.</param>
    public StreamEnd(HttpContext context, TokenBook? tokens, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        _end = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping, context.RequestAborted);
        _timer = new PeriodicTimer(s_period, time);
        if (tokens is not null)
        {
            _ = EndWithAsync(tokens, TokenAuthentication.TokenOf(context.Request)!);
        }
    }

    /// <summary>Cancelled at the end.</summary>
    public CancellationToken Token => _end.Token;

    public void Dispose()
    {
        _timer.Dispose();
        _end.Dispose();
    }

    private async Task EndWithAsync(TokenBook tokens, string token)
    {
        while (await _timer.WaitForNextTickAsync())
        {
            if (tokens.Find(token) is null)
            {
                try
                {
                    await _end.CancelAsync();
                }
                catch (ObjectDisposedException)
                {
                    // It has ended by itself meanwhile.
                }
                return;
            }
        }
    }
}
