using DisBack.Client;
using DisBack.Gateway.Configuration;
using DisBack.Storage.Content;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace DisBack.Gateway.Endpoints;

/// <summary>Immutable bytes by their digest: any part of them out, and in only what has the digest it is sent under.</summary>
internal static class ContentEndpoints
{
    private const string Path = "contents/{digest:regex(^[0-9a-f]{{64}}$)}";

    public static void Map(RouteGroupBuilder api, RouteGroupBuilder commands, GatewaySettings settings)
    {
        api.MapMethods(Path, [HttpMethods.Get, HttpMethods.Head], GetAsync);
        commands.MapPut(Path, PutAsync).WithMetadata(new RequestSizeLimitAttribute(settings.Limits.ContentBytes));
    }

    private static async Task<IResult> GetAsync(string digest, BlobArchive archive, HttpResponse response, CancellationToken cancellation)
    {
        var bytes = await archive.Content.OpenAsync(new ContentRef(digest, 0), cancellation);
        response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return TypedResults.Stream(bytes, "application/octet-stream", enableRangeProcessing: true, entityTag: TagOf(digest));
    }

    private static async Task<IResult> PutAsync(
        string digest,
        HttpRequest request,
        BlobArchive archive,
        Scratch scratch,
        HttpResponse response,
        CancellationToken cancellation)
    {
        var file = scratch.NewFile();
        try
        {
            ContentRef content;
            await using (var received = new HashingFileStream(file))
            {
                await request.Body.CopyToAsync(received, cancellation);
                content = received.Digest();
                if (content.Digest != digest)
                {
                    throw new DisBackException($"The {content.Length} bytes that arrived hash to {content.Digest} and not to {digest}; nothing was stored, "
                        + "send them again.");
                }
                received.Commit();
            }
            await archive.Content.PutAsync(file, content, consume: true, cancellation);
        }
        finally
        {
            File.Delete(file);
        }
        response.Headers.ETag = TagOf(digest).ToString();
        return TypedResults.NoContent();
    }

    private static EntityTagHeaderValue TagOf(string digest) => new($"\"{digest}\"");
}
