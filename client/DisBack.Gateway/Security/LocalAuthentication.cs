using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using DisBack.Gateway.Failures;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DisBack.Gateway.Security;

/// <summary>
/// Lets in what comes from this machine, without a token. A browser on it sends requests for pages of others as well: those name a host that is not this
/// machine but leads here (DNS rebinding), or an origin that is not the address itself (forged requests), and are refused.
/// </summary>
internal sealed class LocalAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, OwnPage page)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Local";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
        Context.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote)
            ? AuthenticateResult.Fail("Only processes of its own machine are let in here.")
            : !IsThisMachine(Request.Host.Host)
                ? AuthenticateResult.Fail($"'{Request.Host.Host}' is not a name of this machine; use 127.0.0.1 or localhost.")
                : page.DidNotSend(Request)
                    ? AuthenticateResult.Fail(OwnPage.Refusal)
                    : AuthenticateResult.Success(new AuthenticationTicket(
                        new ClaimsPrincipal(new ClaimsIdentity(
                            [new Claim(ClaimTypes.Name, "this machine"), new Claim(ClaimTypes.Role, TokenAuthentication.Operator)], Name)),
                        Name)));

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties) =>
        await Problems.WriteAsync(Context, StatusCodes.Status403Forbidden, (await HandleAuthenticateOnceSafeAsync()).Failure?.Message ?? "Not let in.");

    private static bool IsThisMachine(string host) =>
        host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
