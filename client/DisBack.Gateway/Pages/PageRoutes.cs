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

    private const string PageType = "text/html";

    /// <summary>The addresses that the page knows. Every other one stays unknown, which <see cref="UseUnknownPages"/> tells a browser in the page.</summary>
    private static readonly string[] s_addresses =
    [
        "/", "/runs/{**rest}", "/sweeps/{**rest}", "/trajectories/{**rest}", "/teachers/{**rest}", "/compare", "/cluster", "/new", "/login",
    ];

    /// <summary>What is below them is no page, so that a mistyped address of the API is not answered by one.</summary>
    private static readonly PathString[] s_otherRoots = ["/api", "/health", "/metrics", "/orleans"];

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

    /// <summary>
    /// Answers a browser that goes to an unknown address with the page, which says that nothing is there and where the runs are. Comes behind the routing,
    /// which has found nothing, and before the authorization: the page holds no data here either.
    /// </summary>
    public static void UseUnknownPages(this IApplicationBuilder gateway)
    {
        var index = PageFiles.Read().Single(file => file.Path == Index);
        gateway.Use((context, next) =>
        {
            if (context.GetEndpoint() is not null || !IsNavigation(context.Request))
            {
                return next(context);
            }
            var response = context.Response;
            response.StatusCode = StatusCodes.Status404NotFound;
            response.ContentType = index.ContentType;
            response.Headers.ContentSecurityPolicy = Policy;
            return response.Body.WriteAsync(index.Bytes, context.RequestAborted).AsTask();
        });
    }

    /// <summary>Whether a browser asks for a page. What a page or a program asks for accepts anything, or JSON.</summary>
    private static bool IsNavigation(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            && request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals(PageType, StringComparison.OrdinalIgnoreCase))
            && !Array.Exists(s_otherRoots, root => request.Path.StartsWithSegments(root));
}
