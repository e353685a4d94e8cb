using DisBack.Gateway.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DisBack.Gateway.Security;

/// <summary>
/// Whether a request comes from the gateway's own page. A browser names the page's origin with whatever changes something and says with everything who asks;
/// no page can have it say otherwise. Programs send neither.
/// </summary>
internal sealed class OwnPage(GatewaySettings settings)
{
    public const string Refusal = "Pages of other sites are not let in; only what comes from this address itself is.";

    private const string SiteHeader = "Sec-Fetch-Site";
    private const string Same = "same-origin";

    /// <summary>What a person has typed into the address bar, or has opened from a bookmark.</summary>
    private const string Nobody = "none";

    /// <summary>Whether browsers reach this gateway over TLS.</summary>
    public bool IsSecure(HttpRequest request) => request.IsHttps || settings.Endpoints.TlsTerminatedAhead;

    /// <summary>Whether a browser says that the page sent it.</summary>
    public bool Sent(HttpRequest request) => request.Headers[HeaderNames.Origin] == OriginOf(request) || request.Headers[SiteHeader] == Same;

    /// <summary>Whether a browser says that something else sent it.</summary>
    public bool DidNotSend(HttpRequest request) =>
        (request.Headers[HeaderNames.Origin] is { Count: > 0 } origin && origin != OriginOf(request))
        || (request.Headers[SiteHeader] is { Count: > 0 } site && site != Same && site != Nobody);

    private string OriginOf(HttpRequest request) => $"{(IsSecure(request) ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://{request.Host}";
}
