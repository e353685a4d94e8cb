using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Gateway.Checks;
using DisBack.Specs.Sweeps;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DisBack.Gateway.Endpoints;

/// <summary>The paths of searches, below <c>/api/v1/sweeps</c>.</summary>
internal static class SweepEndpoints
{
    private const string One = $"{Api.Sweeps}/{{sweep:maxlength(100)}}";

    public static void Map(RouteGroupBuilder api, RouteGroupBuilder commands)
    {
        api.MapGet(Api.Sweeps, async (BlobArchive archive, string? after, int? limit, CancellationToken cancellation) =>
            ApiEndpoints.PageOf(await archive.SweepsAsync(cancellation), sweep => sweep.Id, _ => true, after, limit));
        api.MapGet(One, (string sweep, BlobArchive archive, CancellationToken cancellation) => FindAsync(archive, sweep, cancellation));
        api.MapGet($"{One}/trials", async (string sweep, BlobArchive archive, string? after, int? limit, CancellationToken cancellation) =>
        {
            var known = await FindAsync(archive, sweep, cancellation);
            // From the one that the page comes after, which shows that there is such a trial, to the one after the page, which shows that it is not the last.
            var first = int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) && ordinal < known.TrialCount ? ordinal : 0;
            return ApiEndpoints.PageOf(
                await archive.SweepTrialsAsync(sweep, first..(first + ApiEndpoints.LargestPage + 2), cancellation),
                trial => trial.Ordinal.ToString(CultureInfo.InvariantCulture),
                _ => true,
                after,
                limit);
        });
        api.MapGet($"{One}/importance", async (string sweep, BlobArchive archive, CancellationToken cancellation) =>
            SweepImportance.Of(await FindAsync(archive, sweep, cancellation), await archive.SweepTrialsAsync(sweep, cancellation)));

        commands.MapDelete(One, async (string sweep, BlobArchive archive, IControl control, CancellationToken cancellation) =>
        {
            await FindAsync(archive, sweep, cancellation);
            var reply = await control.DeleteSweepAsync(sweep, cancellation);
            archive.Expire();
            return reply;
        });
        commands.MapPost(Api.Sweeps, SubmitAsync).RequireRateLimiting(ApiEndpoints.Submissions);
        commands.MapPost($"{One}/amend", AmendAsync).RequireRateLimiting(ApiEndpoints.Submissions);
        foreach (var (command, intent) in new[] { ("pause", RunIntent.Pause), ("resume", RunIntent.Run), ("cancel", RunIntent.Cancel) })
        {
            commands.MapPost($"{One}/{command}", async (string sweep, BlobArchive archive, IControl control, CancellationToken cancellation) =>
            {
                await FindAsync(archive, sweep, cancellation);
                await control.SteerSweepAsync(sweep, intent, cancellation);
                return await FindAsync(archive, sweep, cancellation);
            });
        }
    }

    /// <summary>Seen in the blobs before a grain gets the request, so that nobody can wake grains for sweeps that are none.</summary>
    private static async Task<SweepDocument> FindAsync(BlobArchive archive, string id, CancellationToken cancellation) =>
        await archive.SweepAsync(id, cancellation) ?? throw new NotFoundException($"There is no sweep {id}; the list shows what there is.");

    private static async Task<Submitted> SubmitAsync(
        HttpRequest request, BlobArchive archive, IControl control, HttpResponse response, CancellationToken cancellation)
    {
        var (spec, given) = await ReadAsync(request, cancellation);
        var submission = await new SubmissionPreparation(archive).PrepareAsync(
            SweepPlan.Parse(spec, "spec"), given?.Teachers, given?.Contents ?? [], cancellation);
        var id = await control.SubmitSweepAsync(submission, cancellation);
        response.Headers.Location = $"/{Api.Prefix}/{Api.PathOfSweep(id)}";
        return new Submitted(id);
    }

    private static async Task<CommandReply> AmendAsync(
        string sweep, HttpRequest request, BlobArchive archive, IControl control, CancellationToken cancellation)
    {
        var known = await FindAsync(archive, sweep, cancellation);
        var (spec, given) = await ReadAsync(request, cancellation);
        var plan = SweepPlan.Parse(spec, "spec");
        plan.RequireWidens(SweepPlan.Parse(known.CurrentSpec, known.Id));
        // What the sweep names already is what it was when it was submitted.
        var submission = await new SubmissionPreparation(archive).PrepareAsync(
            plan, (given?.Teachers ?? known.Teachers).SetItems(known.Teachers), [.. known.Contents.Union(given?.Contents ?? [])], cancellation);
        return await control.AmendSweepAsync(sweep, submission, cancellation);
    }

    /// <summary>A submission as JSON, or the YAML of a spec alone: <c>curl --data-binary @sweep.yaml</c>.</summary>
    private static async Task<(string Spec, SweepSubmission? Given)> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (!request.HasJsonContentType())
        {
            return (await ApiEndpoints.ReadTextAsync(request, cancellation), null);
        }
        const string form = "send {\"name\": \"...\", \"spec\": \"...\"} in UTF-8, or the YAML itself";
        try
        {
            if (await request.ReadFromJsonAsync<SweepSubmission>(Api.Json, cancellation)
                is not { Spec.Length: > 0, Contents: { IsDefault: false } contents, Teachers: not null } given)
            {
                throw new DisBackException($"The submission has no spec; {form}.");
            }
            if (contents.Any(value => value is not { Key.Length: > 0, Written: not null, Stored: not null }))
            {
                throw new JsonException("A stored value is not complete.");
            }
            foreach (var text in contents.SelectMany(value => new[] { value.Written, value.Stored }))
            {
                JsonNode.Parse(text);
            }
            return (given.Spec, given);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new DisBackException($"The body is not the JSON of a sweep's submission; {form}.", e);
        }
    }
}
