using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Gateway.Configuration;
using DisBack.Storage.Blobs;
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
    private const string Parts = $"{Path}/parts";
    private const string Part = $"{Parts}/{{part:regex(^[0-9a-f]{{{{64}}}}$)}}";
    private const string Picture = $"pictures/{Digest}";
    internal const string PictureType = "image/png";

    /// <summary>More than the JSON of one part in a list.</summary>
    private const long BytesOfListedPart = 128;

    private static readonly byte[] s_pictureSignature = [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n'];

    public static void Map(RouteGroupBuilder api, RouteGroupBuilder commands, GatewaySettings settings)
    {
        api.MapMethods(Path, [HttpMethods.Get, HttpMethods.Head], GetAsync).WithoutEntityTag();
        api.MapMethods(Picture, [HttpMethods.Get, HttpMethods.Head], GetPictureAsync).WithoutEntityTag()
            .Produces(StatusCodes.Status200OK, contentType: PictureType)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType);
        var contentBytes = new RequestSizeLimitAttribute(settings.Limits.ContentBytes);
        commands.MapPut(Path, PutAsync).WithMetadata(contentBytes);
        api.MapMethods(Parts, [HttpMethods.Get, HttpMethods.Head], GetPartsAsync).WithoutEntityTag();
        commands.MapPut(Part, PutPartAsync).WithMetadata(contentBytes);
        commands.MapPost(Parts, JoinPartsAsync).WithMetadata(new RequestSizeLimitAttribute(BlockTransfer.MostBlocks * BytesOfListedPart));
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
        string digest, HttpRequest request, BlobArchive archive, Scratch scratch, HttpResponse response, CancellationToken cancellation)
    {
        await ReceiveAsync(
            digest,
            scratch,
            to => request.Body.CopyToAsync(to, cancellation),
            (file, content) => archive.Content.PutAsync(file, content, consume: true, cancellation));
        return Stored(digest, response);
    }

    private static async Task<ListedParts> GetPartsAsync(
        string digest, long? length, ContentParts parts, GatewaySettings settings, CancellationToken cancellation)
    {
        DemandRoom(length ?? 0, settings);
        return new(await parts.FindAsync(digest, cancellation));
    }

    private static async Task<IResult> PutPartAsync(
        string digest, string part, HttpRequest request, ContentParts parts, Scratch scratch, HttpResponse response, CancellationToken cancellation)
    {
        await ReceiveAsync(
            part, scratch, to => request.Body.CopyToAsync(to, cancellation), (file, content) => parts.PutAsync(digest, content, file, cancellation));
        return Stored(part, response);
    }

    private static async Task<IResult> JoinPartsAsync(
        string digest,
        ListedParts listed,
        ContentParts parts,
        BlobArchive archive,
        Scratch scratch,
        GatewaySettings settings,
        HttpResponse response,
        CancellationToken cancellation)
    {
        if (listed is not { Parts: { } all } || all.Any(part => part is not { Digest: not null, Length: >= 0 }))
        {
            throw new DisBackException("The body is not a list of parts; send {\"parts\": [{\"digest\": \"...\", \"length\": ...}, ...]}.");
        }
        // As decimals, for a sender may claim lengths whose sum no long holds.
        DemandRoom(all.Sum(part => (decimal)part.Length), settings);
        try
        {
            await ReceiveAsync(
                digest,
                scratch,
                async to =>
                {
                    await parts.CopyAsync(digest, all, to, cancellation);
                    if (to.Digest().Digest != digest)
                    {
                        // Whoever sends it again shall not find again what does not become it.
                        await parts.RemoveAsync(digest, cancellation);
                    }
                },
                (file, content) => archive.Content.PutAsync(file, content, consume: true, cancellation));
        }
        catch (MissingContentException)
        {
            if (await archive.Content.FindAsync(digest, cancellation) is null)
            {
                throw;
            }
            // Another sender of the same content was first, and has taken the parts with it.
        }
        await parts.RemoveAsync(digest, cancellation);
        return Stored(digest, response);
    }

    /// <summary>Takes bytes into a file of this process, proves that they have their digest, and hands the file on.</summary>
    private static async Task ReceiveAsync(string digest, Scratch scratch, Func<HashingFileStream, Task> fill, Func<string, ContentRef, Task> keep)
    {
        var file = scratch.NewFile();
        try
        {
            ContentRef content;
            await using (var received = new HashingFileStream(file))
            {
                await fill(received);
                content = received.Digest();
                if (content.Digest != digest)
                {
                    throw new DisBackException($"The {content.Length} bytes that arrived hash to {content.Digest} and not to {digest}; nothing was stored, "
                        + "send them again.");
                }
                received.Commit();
            }
            await keep(file, content);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void DemandRoom(decimal length, GatewaySettings settings)
    {
        if (length > settings.Limits.ContentBytes)
        {
            throw new DisBackException($"The content has {length:N0} bytes, and this gateway takes {settings.Limits.ContentBytes:N0}; its operator can raise "
                + "Limits:ContentBytes.");
        }
    }

    private static NoContent Stored(string digest, HttpResponse response)
    {
        response.Headers.ETag = TagOf(digest).ToString();
        return TypedResults.NoContent();
    }

    private static EntityTagHeaderValue TagOf(string digest) => new($"\"{digest}\"");
}
