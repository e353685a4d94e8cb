using System.Globalization;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using DisBack.Gateway.Security;
using DisBack.Gateway.Watching;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace DisBack.Gateway.Endpoints;

/// <summary>One stream of events for all that a page shows.</summary>
internal static class LiveEndpoints
{
    /// <summary>Runs that one stream may tell of.</summary>
    public const int MostRuns = 100;

    public static void Map(RouteGroupBuilder api) => api.MapGet("live", Watch).WithoutEntityTag();

    private static ServerSentEventsResult<LiveEvent?> Watch(
        HttpContext context,
        BlobArchive archive,
        FeedHub hub,
        TableFeed tables,
        TimeProvider time,
        [FromServices] TokenBook? tokens,
        IHostApplicationLifetime lifetime,
        [FromQuery] string[]? run,
        [FromQuery] string[]? trajectory,
        [FromQuery] string[]? teacher,
        [FromQuery(Name = "tables")] bool? withTables)
    {
        var runs = (run ?? []).Select(RunId.Trial).Concat((trajectory ?? []).Select(RunId.Trajectory)).Concat((teacher ?? []).Select(RunId.Teacher))
            .Distinct().ToList();
        if (runs.Count > MostRuns)
        {
            throw new DisBackException($"The stream is to tell of {runs.Count} runs; name at most {MostRuns}, or look at the tables for more.");
        }
        if (runs.Count == 0 && withTables is not true)
        {
            throw new DisBackException("The stream is to tell of nothing; name runs with run=ID, trajectory=KEY or teacher=NAME, or ask for tables=true.");
        }
        context.Response.Headers[Api.KeepAliveHeader] = ((int)Api.KeepAlivePeriod.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var end = new StreamEnd(context, tokens, lifetime, time);
        context.Response.RegisterForDispose(end);
        return TypedResults.ServerSentEvents(new LiveStream(hub, tables, time).WatchAsync(
            runs,
            async (id, cancellation) => id.Owner.Length > 0 && await RequestedRun.FindAsync(archive, id, cancellation) is not null,
            withTables is true,
            end.Token));
    }
}
