using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Gateway.Checks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace DisBack.Gateway.Endpoints;

/// <summary>Models of pictures: their files are contents, and here is the list of them.</summary>
internal static class ModelEndpoints
{
    private const string Model = $"{Api.Models}/{{name:maxlength(100)}}";

    public static void Map(RouteGroupBuilder api, RouteGroupBuilder commands)
    {
        api.MapGet(Api.Models, async (BlobArchive archive, string? after, int? limit, CancellationToken cancellation) =>
            ApiEndpoints.PageOf(await archive.ModelsAsync(cancellation), model => model.Id, _ => true, after, limit));
        api.MapGet(Model, FindAsync);
        commands.MapPut(Model, RegisterAsync).RequireRateLimiting(ApiEndpoints.Submissions);
        commands.MapDelete(Model, async (string name, BlobArchive archive, IControl control, CancellationToken cancellation) =>
        {
            // Looked for in the blobs, so that nobody can wake grains for models that are none.
            var model = await FindAsync(name, archive, cancellation);
            await control.DeleteModelAsync(name, cancellation);
            archive.Expire();
            return model;
        });
    }

    private static async Task<ModelDocument> FindAsync(string name, BlobArchive archive, CancellationToken cancellation) =>
        await archive.ModelAsync(name, cancellation) ?? throw new NotFoundException($"There is no model '{name}'; the list shows what there is.");

    private static async Task<ModelDocument> RegisterAsync(
        string name, ModelManifest manifest, BlobArchive archive, IControl control, CancellationToken cancellation)
    {
        manifest.Check();
        foreach (var content in manifest.Contents().Distinct())
        {
            await new SubmissionPreparation(archive).DemandAsync(content, cancellation);
        }
        var model = await control.RegisterModelAsync(name, manifest, cancellation);
        archive.Expire();
        return model;
    }
}
