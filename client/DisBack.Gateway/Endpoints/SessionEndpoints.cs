using System.Security.Claims;
using DisBack.Gateway.Diagnostics;
using DisBack.Gateway.Security;
using DisBack.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace DisBack.Gateway.Endpoints;

/// <summary>
/// Sessions of browsers. A session is a cookie that holds the token: scripts cannot read it, nothing of it is kept here, and it counts at every gateway of a
/// cluster for as long as the token does.
/// </summary>
internal static class SessionEndpoints
{
    /// <summary>The limit of those who begin sessions.</summary>
    public const string Policy = "sessions";

    /// <summary>Sessions that may be begun from an address in a minute.</summary>
    public const int PerMinute = 60;

    private const string Path = "session";

    public static void Map(RouteGroupBuilder api, Admission admission)
    {
        api.MapGet(Path, (ClaimsPrincipal user) => Of(user.Identity!.Name!, user.IsInRole(TokenAuthentication.Operator) ? Role.Operator : Role.Viewer));
        api.MapPost(Path, IResult (SessionRequest? given, HttpContext context, OwnPage page, [FromServices] TokenBook? tokens) =>
        {
            if (!page.Sent(context.Request))
            {
                return Refused(StatusCodes.Status403Forbidden, OwnPage.Refusal);
            }
            if (tokens is null)
            {
                throw new DisBackException("Everybody on this machine is let in here, so there is no session to begin; ask without one.");
            }
            if (given?.Token is not { Length: > 0 } token)
            {
                throw new DisBackException("The body names no token; send {\"token\": \"...\"}.");
            }
            if (tokens.Find(token.Trim()) is not { } entry)
            {
                return Refused(StatusCodes.Status401Unauthorized, TokenAuthentication.Unknown);
            }
            context.Response.Cookies.Append(TokenAuthentication.Cookie, token.Trim(), Options(page.IsSecure(context.Request)));
            return TypedResults.Ok(Of(entry.Name, entry.Role));
        }).AllowAnonymous().RequireRateLimiting(Policy).Produces<Session>().ProducesProblem(StatusCodes.Status401Unauthorized);
        // Also where the token does not count any more: the browser is to forget it.
        api.MapDelete(Path, IResult (HttpContext context, OwnPage page) =>
        {
            if (!page.Sent(context.Request))
            {
                return Refused(StatusCodes.Status403Forbidden, OwnPage.Refusal);
            }
            context.Response.Cookies.Delete(TokenAuthentication.Cookie, Options(page.IsSecure(context.Request)));
            return TypedResults.NoContent();
        }).AllowAnonymous().Produces(StatusCodes.Status204NoContent);

        Session Of(string name, Role role) => new(name, role, admission, Observability.Version);
    }

    private static ProblemHttpResult Refused(int status, string sentence)
    {
        Instruments.Refused.Add(1, new KeyValuePair<string, object?>("status", status));
        return TypedResults.Problem(sentence, statusCode: status);
    }

    private static CookieOptions Options(bool isSecure) => new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/", Secure = isSecure };
}
