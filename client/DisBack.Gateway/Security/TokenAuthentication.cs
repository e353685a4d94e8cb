using System.Security.Claims;
using System.Text.Encodings.Web;
using DisBack.Gateway.Diagnostics;
using DisBack.Gateway.Failures;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace DisBack.Gateway.Security;

/// <summary>Authenticates a request by its bearer token, and explains in a problem document why it is refused.</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenBook tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Bearer";

    /// <summary>Policies: a viewer reads, an operator reads and commands.</summary>
    public const string Viewer = "viewer", Operator = "operator";

    /// <summary>The token that a request carries; null if it carries none.</summary>
    public static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith($"{Name} ", StringComparison.OrdinalIgnoreCase)
            ? header[(Name.Length + 1)..].Trim()
            : null;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (TokenOf(Context.Request) is not { } token)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }
        if (tokens.Find(token) is not { } entry)
        {
            return Task.FromResult(AuthenticateResult.Fail("This gateway does not know the token, or it has expired; ask whoever runs the cluster "
                + "for another one."));
        }
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, entry.Name), new Claim(ClaimTypes.Role, entry.Role.ToString().ToLowerInvariant())], Name);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Name)));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var result = await HandleAuthenticateOnceSafeAsync();
        Response.Headers[HeaderNames.WWWAuthenticate] = Name;
        await SayAsync(StatusCodes.Status401Unauthorized, result.Failure?.Message ?? "This needs a token: send it as 'Authorization: Bearer TOKEN', or give it "
            + "to disback in DISBACK_TOKEN or with --token-file.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        SayAsync(StatusCodes.Status403Forbidden, $"The token of '{Context.User.Identity?.Name}' is a viewer's, and this needs an operator's; ask whoever runs "
            + "the cluster for one.");

    private Task SayAsync(int status, string detail)
    {
        Telemetry.Refused.Add(1, new KeyValuePair<string, object?>("status", status));
        return Problems.WriteAsync(Context, status, detail);
    }
}
