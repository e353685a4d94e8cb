using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DisBack.Gateway.Pages;

/// <summary>
/// The dashboard: one page that shows what the address names, and the files that it loads. They hold no data, so everybody may have them; what they show
/// comes from the API, which lets in whom it knows.
/// </summary>
internal static class PageRoutes
{
    private const string Index = "/index.html";
    private const string Assets = "/assets/";

    /// <summary>The page loads nothing from elsewhere, and nobody may frame it. Charts set the styles of their elements.</summary>
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
        + "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>The addresses that the page knows. Every other one stays unknown, so that a mistyped one of the API is not answered by a page.</summary>
    private static readonly string[] s_addresses =
    [
        "/", "/runs/{**rest}", "/sweeps/{**rest}", "/trajectories/{**rest}", "/teachers/{**rest}", "/compare", "/cluster", "/new", "/login",
    ];

    public static void MapPages(this IEndpointRouteBuilder gateway)
    {
        foreach (var file in PageFiles.Read())
        {
            // The name of an asset has the digest of its bytes; those of the others stay while their bytes change.
            var caching = file.Path.StartsWith(Assets, StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache";
            foreach (var address in file.Path == Index ? s_addresses : [file.Path])
            {
                gateway.MapMethods(address, [HttpMethods.Get, HttpMethods.Head], (HttpResponse response) =>
                {
                    response.Headers.CacheControl = caching;
                    response.Headers.ContentSecurityPolicy = Policy;
                    return TypedResults.Bytes(file.Bytes, file.ContentType, entityTag: file.Tag);
                }).AllowAnonymous();
            }
        }
    }
}
