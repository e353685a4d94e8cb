using System.Globalization;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace DisBack.Gateway.Endpoints;

/// <summary>Pictures of prompts as jobs: submitted, asked for until they have settled, and fetched one by one as soon as each is there.</summary>
internal static class DrawingEndpoints
{
    private const string Drawing = $"{Api.Drawings}/{{id:regex(^[0-9a-f]{{{{32}}}}$)}}";

    public static void Map(RouteGroupBuilder api, RouteGroupBuilder commands)
    {
        api.MapGet(Api.Drawings, async (BlobArchive archive, string? after, int? limit, CancellationToken cancellation) =>
            ApiEndpoints.PageOf(await archive.DrawingsAsync(cancellation), drawing => drawing.Id, _ => true, after, limit));
        commands.MapPost(Api.Drawings, SubmitAsync).RequireRateLimiting(ApiEndpoints.Submissions);
        api.MapGet(Drawing, async (string id, BlobArchive archive, IControl control, CancellationToken cancellation) =>
        {
            var document = await FindAsync(id, archive, cancellation);
            // What has settled needs no grain to be told of.
            return Answer(document.State.IsSettled() ? DrawingView.Of(document) : await control.DrawingAsync(id, cancellation));
        });
        api.MapMethods($"{Drawing}/pictures/{{number:int:min(0)}}", [HttpMethods.Get, HttpMethods.Head], GetPictureAsync).WithoutEntityTag()
            .Produces(StatusCodes.Status200OK, contentType: ContentEndpoints.PictureType);
        commands.MapDelete(Drawing, async (string id, BlobArchive archive, IControl control, CancellationToken cancellation) =>
        {
            await FindAsync(id, archive, cancellation);
            var drawing = await control.CancelDrawingAsync(id, cancellation);
            archive.Expire();
            return Answer(drawing);
        });
    }

    private static async Task<Accepted<DrawingAnswer>> SubmitAsync(
        DrawingSubmission submission, BlobArchive archive, IControl control, CancellationToken cancellation)
    {
        if (submission.Request is null)
        {
            throw new DisBackException("The body is no drawing; send {\"request\": {\"model\": \"...\", \"prompts\": [\"...\"]}}.");
        }
        var drawing = await control.DrawAsync(submission.Request, submission.Id ?? GrainKeys.NewDrawing(), cancellation);
        archive.Expire();
        return TypedResults.Accepted($"/{Api.Prefix}/{Api.PathOfDrawing(drawing.Id)}", Answer(drawing));
    }

    private static async Task<IResult> GetPictureAsync(string id, int number, BlobArchive archive, HttpResponse response, CancellationToken cancellation)
    {
        var document = await FindAsync(id, archive, cancellation);
        if (number >= document.Pictures.Length)
        {
            throw new NotFoundException($"The drawing {id} is {document.State.ToString().ToLowerInvariant()} and has {document.Pictures.Length} of "
                + $"{document.Request.Pictures()} pictures, counted from 0.");
        }
        var picture = document.Pictures[number].Content;
        var bytes = await archive.Content.OpenAsync(picture, cancellation);
        // Another attempt may draw it anew, and a machine of another kind other bytes, so that it is for good only when the drawing is.
        return ContentEndpoints.Immutable(bytes, ContentEndpoints.PictureType, picture.Digest, response, isForGood: document.State.IsSettled());
    }

    private static async Task<DrawingDocument> FindAsync(string id, BlobArchive archive, CancellationToken cancellation) =>
        await archive.DrawingAsync(id, cancellation)
            ?? throw new NotFoundException($"There is no drawing {id}; one that has settled is kept for a day, unless the cluster has another setting.");

    private static DrawingAnswer Answer(DrawingView drawing) => new(drawing, [.. Enumerable.Range(0, drawing.Pictures.Length).Select(number =>
        string.Create(CultureInfo.InvariantCulture, $"/{Api.Prefix}/{Api.PathOfDrawing(drawing.Id)}/pictures/{number}"))]);
}
