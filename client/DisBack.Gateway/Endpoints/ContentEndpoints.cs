using DisBack.Client;
using DisBack.Gateway.Configuration;
using DisBack.Storage.Content;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace DisBack.Gateway.Endpoints;

/// <summary>Immutable bytes by their digest: any part of them out, and in only what has the digest it is sent under.</summary>
internal static class ContentEndpoints
{
    private const string Digest = "{digest:regex(^[0-9a-f]{{64}}$)}";
    private const string Path = $"contents/{Digest}";
    private const string Picture = $"pictures/{Digest}";
    internal const string PictureType = "image/png";

    private static readonly byte[] s_pictureSignature = [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n'];

    public static void Map(RouteGroupBuilder api, RouteGroupBuilder commands, GatewaySettings settings)
    {
        api.MapMethods(Path, [HttpMethods.Get, HttpMethods.Head], GetAsync).WithoutEntityTag();
        api.MapMethods(Picture, [HttpMethods.Get, HttpMethods.Head], GetPictureAsync).WithoutEntityTag()
            .Produces(StatusCodes.Status200OK, contentType: PictureType)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType);
        commands.MapPut(Path, PutAsync).WithMetadata(new RequestSizeLimitAttribute(settings.Limits.ContentBytes));
    }

    private static async Task<IResult> GetAsync(string digest, BlobArchive archive, HttpResponse response, CancellationToken cancellation)
    {
        var bytes = await archive.Content.OpenAsync(new ContentRef(digest, 0), cancellation);
        return Immutable(bytes, "application/octet-stream", digest, response);
    }

    /// <summary>A content as a picture. Only what begins like one: of any other type it could be a page of somebody else's at this address.</summary>
    private static async Task<IResult> GetPictureAsync(string digest, BlobArchive archive, HttpResponse response, CancellationToken cancellation)
    {
        var bytes = await archive.Content.OpenAsync(new ContentRef(digest, 0), cancellation);
        var beginning = new byte[s_pictureSignature.Length];
        var length = await bytes.ReadAtLeastAsync(beginning, beginning.Length, throwOnEndOfStream: false, cancellation);
        if (!beginning.AsSpan(0, length).SequenceEqual(s_pictureSignature))
        {
            await bytes.DisposeAsync();
            return TypedResults.Problem(
                $"The content {digest} is no PNG picture; fetch it as it is from contents/{digest}.", statusCode: StatusCodes.Status415UnsupportedMediaType);
        }
        bytes.Position = 0;
        return Immutable(bytes, PictureType, digest, response);
    }

    internal static FileStreamHttpResult Immutable(Stream bytes, string type, string digest, HttpResponse response, bool isForGood = true)
    {
        response.Headers.CacheControl = isForGood ? "private, max-age=31536000, immutable" : "private, no-cache";
        return TypedResults.Stream(bytes, type, enableRangeProcessing: true, entityTag: TagOf(digest));
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
