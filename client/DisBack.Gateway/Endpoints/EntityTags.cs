using System.Security.Cryptography;
using DisBack.Client.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace DisBack.Gateway.Endpoints;

/// <summary>
/// Answers of the API carry the digest of their bytes, and whoever has them already is told so instead of getting them again: to ask every second costs
/// little while nothing changes.
/// </summary>
internal static class EntityTags
{
    /// <summary>Bytes of an answer that are in memory until it is whole; what is longer waits in a file.</summary>
    private const int InMemory = 64 << 10;

    private const int TagBytes = 16;

    private static readonly Without s_without = new();

    /// <summary>Has a route answer without: what streams, and contents, which are named by their digest anyway.</summary>
    public static TBuilder WithoutEntityTag<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder => route.WithMetadata(s_without);

    public static void UseEntityTags(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        return HttpMethods.IsGet(context.Request.Method) && context.Request.Path.StartsWithSegments($"/{Api.Prefix}", StringComparison.Ordinal)
            && context.GetEndpoint()?.Metadata.GetMetadata<Without>() is null
                ? AnswerAsync(context, next)
                : next(context);
    });

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var response = context.Response;
        var body = response.Body;
        using var hash = SHA256.Create();
        await using var answer = new FileBufferingWriteStream(InMemory);
        await using var hashing = new CryptoStream(answer, hash, CryptoStreamMode.Write, leaveOpen: true);
        response.Body = hashing;
        try
        {
            await next(context);
            await hashing.FlushFinalBlockAsync(context.RequestAborted);
        }
        finally
        {
            response.Body = body;
        }
        if (response.StatusCode == StatusCodes.Status200OK)
        {
            // Weak, for the same answer is also sent compressed.
            var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(hash.Hash.AsSpan(0, TagBytes))}\"", isWeak: true);
            response.Headers.ETag = tag.ToString();
            if (context.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                (response.ContentLength, response.ContentType) = (null, null);
                return;
            }
        }
        await answer.DrainBufferAsync(body, context.RequestAborted);
    }

    private sealed class Without;
}
