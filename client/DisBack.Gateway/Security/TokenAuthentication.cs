using System.Security.Claims;
using System.Text.Encodings.Web;
using DisBack.Gateway.Failures;
using DisBack.Telemetry;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace DisBack.Gateway.Security;

/// <summary>
/// Authenticates a request by its bearer token, or by the cookie in which a browser keeps one, and explains in a problem document why it is refused.
/// </summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenBook tokens, OwnPage page)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Bearer";

    /// <summary>Policies: a viewer reads, an operator reads and commands.</summary>
    public const string Viewer = "viewer", Operator = "operator";

    /// <summary>The cookie of a browser's session; its value is the token itself, so nothing about a session is kept here.</summary>
    public const string Cookie = "disback-session";

    /// <summary>Why a token that was sent does not let its sender in.</summary>
    public const string Unknown = "This gateway does not know the token, or it has expired; ask whoever runs the cluster for another one.";

    private bool _isForeign;

    /// <summary>The token that a request carries; null if it carries none.</summary>
    public static string? TokenOf(HttpRequest request) =>
        IsBySession(request) ? request.Cookies[Cookie]
        : request.Headers.Authorization is [{ } header] && header.StartsWith($"{Name} ", StringComparison.OrdinalIgnoreCase)
            ? header[(Name.Length + 1)..].Trim()
            : null;

    /// <summary>A browser adds the cookie by itself, and to requests of other pages as well; a header only what means to ask here sends.</summary>
    private static bool IsBySession(HttpRequest request) => request.Headers.Authorization.Count == 0 && request.Cookies.ContainsKey(Cookie);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (TokenOf(Context.Request) is not { } token)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }
        if (IsBySession(Context.Request) && !IsOfPage(Context.Request))
        {
            _isForeign = true;
            return Task.FromResult(AuthenticateResult.Fail(OwnPage.Refusal));
        }
        if (tokens.Find(token) is not { } entry)
        {
            return Task.FromResult(AuthenticateResult.Fail(Unknown));
        }
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, entry.Name), new Claim(ClaimTypes.Role, entry.Role.ToString().ToLowerInvariant())], Name);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Name)));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var result = await HandleAuthenticateOnceSafeAsync();
        if (_isForeign)
        {
            await SayAsync(StatusCodes.Status403Forbidden, OwnPage.Refusal);
            return;
        }
        Response.Headers[HeaderNames.WWWAuthenticate] = Name;
        await SayAsync(StatusCodes.Status401Unauthorized, result.Failure?.Message ?? "This needs a token: send it as 'Authorization: Bearer TOKEN', or give it "
            + "to disback in DISBACK_TOKEN or with --token-file.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        SayAsync(StatusCodes.Status403Forbidden, $"The token of '{Context.User.Identity?.Name}' is a viewer's, and this needs an operator's; ask whoever runs "
            + "the cluster for one.");

    /// <summary>What only reads may come without the headers of newer browsers: other pages cannot see the answer.</summary>
    private bool IsOfPage(HttpRequest request) =>
        page.Sent(request) || ((HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && !page.DidNotSend(request));

    private Task SayAsync(int status, string detail)
    {
        Instruments.Refused.Add(1, new KeyValuePair<string, object?>("status", status));
        return Problems.WriteAsync(Context, status, detail);
    }
}
