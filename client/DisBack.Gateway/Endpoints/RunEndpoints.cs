using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using DisBack.Client;
using DisBack.Client.Curves;
using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using DisBack.Gateway.Security;
using DisBack.Gateway.Watching;
using DisBack.Storage.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace DisBack.Gateway.Endpoints;

/// <summary>What can be asked of a run and done with it, be it a trial's, a trajectory's or a teacher's.</summary>
internal static class RunEndpoints
{
    private static readonly Dictionary<string, LogSeverity> s_levels = Enum.GetValues<LogSeverity>().ToDictionary(LogEvents.NameOf);

    public static void MapQueries(RouteGroupBuilder run, RunKind kind)
    {
        // Of which type the document is, the description of the API must be told.
        run.MapGet("", (RequestedRun requested) => Results.Json(requested.Document)).Produces(StatusCodes.Status200OK, RequestedRun.TypeOf(kind));
        run.MapGet(
            "metrics",
            (RequestedRun requested, BlobArchive archive, CancellationToken cancellation) => archive.MetricsAsync(requested.Id, cancellation));
        run.MapGet("curves", CurvesAsync);
        run.MapGet("logs", LogsAsync);
        run.MapGet("why", (RequestedRun requested, IControl control, CancellationToken cancellation) => control.WhyAsync(requested.Id, cancellation));
        run.MapGet("watch", WatchAsync).WithoutEntityTag();
    }

    public static void MapCommands(RouteGroupBuilder run)
    {
        Map("pause", (control, id, cancellation) => control.PauseAsync(id, cancellation));
        Map("resume", (control, id, cancellation) => control.ResumeAsync(id, cancellation));
        Map("cancel", (control, id, cancellation) => control.CancelAsync(id, cancellation));
        run.MapPost("repair", (Repair repair, RequestedRun requested, IControl control, BlobArchive archive, CancellationToken cancellation) =>
            SendAsync((own, id, stop) => own.RepairAsync(id, repair.Lost ?? [], stop), requested, control, archive, cancellation));
        run.MapDelete("", (RequestedRun requested, IControl control, BlobArchive archive, CancellationToken cancellation) =>
            SendAsync((own, id, stop) => own.DeleteAsync(id, stop), requested, control, archive, cancellation));

        void Map(string command, Func<IControl, RunId, CancellationToken, Task<CommandReply>> send) => run.MapPost(
            command,
            (RequestedRun requested, IControl control, BlobArchive archive, CancellationToken cancellation) =>
                SendAsync(send, requested, control, archive, cancellation));
    }

    private static async Task<CommandReply> SendAsync(
        Func<IControl, RunId, CancellationToken, Task<CommandReply>> send,
        RequestedRun requested,
        IControl control,
        BlobArchive archive,
        CancellationToken cancellation)
    {
        var reply = await send(control, requested.Id, cancellation);
        archive.Expire();
        return reply;
    }

    private static Task<CurveSet> CurvesAsync(
        RequestedRun requested,
        BlobArchive archive,
        [FromQuery] string[]? metric,
        int? points,
        double? @from,
        double? to,
        CancellationToken cancellation) => archive.CurvesAsync(
        requested.Id,
        new CurveQuery([requested.Id.Owner], metric ?? [])
        {
            From = @from ?? double.NegativeInfinity,
            To = to ?? double.PositiveInfinity,
            Parts = points ?? CurveQuery.UsualParts,
        },
        cancellation);

    private static Task<LogPage> LogsAsync(
        RequestedRun requested,
        BlobArchive archive,
        int? attempt,
        string? level,
        string? search,
        string? after,
        int? limit,
        CancellationToken cancellation) => archive.LogsAsync(
        requested.Id,
        new LogQuery
        {
            Attempt = attempt,
            Level = string.IsNullOrEmpty(level) ? LogSeverity.Info
                : s_levels.TryGetValue(level, out var least) ? least
                : throw new DisBackException($"There is no level '{level}'; it is one of {string.Join(", ", s_levels.Keys)}."),
            Search = search ?? "",
            After = string.IsNullOrEmpty(after) ? null
                : LogPosition.TryParse(after, out var position) ? position
                : throw new DisBackException($"after is '{after}', which is no position in a log; give the end of another page."),
            Limit = limit ?? LogQuery.MostLines,
        },
        cancellation);

    /// <summary>Server-sent events: each carries its sequence number as id, so that <c>Last-Event-ID</c> goes on where a connection broke.</summary>
    private static async Task<ServerSentEventsResult<RunUpdate?>> WatchAsync(
        RequestedRun requested,
        HttpContext context,
        FeedHub hub,
        [FromServices] TokenBook? tokens,
        IHostApplicationLifetime lifetime,
        TimeProvider time,
        long? after)
    {
        if (context.Request.Headers["Last-Event-ID"] is [{ Length: > 0 } last])
        {
            after = long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
                ? sequence
                : throw new DisBackException($"Last-Event-ID is '{last}'; give the id of an event.");
        }
        var lease = hub.Join(requested.Id);
        context.Response.RegisterForDispose(lease);
        // While nothing is sent there can still be a problem document.
        await lease.Feed.Begun.WaitAsync(context.RequestAborted);
        context.Response.Headers[Api.KeepAliveHeader] = ((int)Api.KeepAlivePeriod.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var end = new StreamEnd(context, tokens, lifetime, time);
        context.Response.RegisterForDispose(end);
        return TypedResults.ServerSentEvents(EventsAsync(lease.Feed, after ?? 0, end.Token));
    }

    private static async IAsyncEnumerable<SseItem<RunUpdate?>> EventsAsync(RunFeed feed, long after, [EnumeratorCancellation] CancellationToken end)
    {
        await using var updates = feed.WatchAsync(after, Api.KeepAlivePeriod, end).GetAsyncEnumerator(end);
        while (await MovedAsync())
        {
            yield return updates.Current is { } update
                ? new SseItem<RunUpdate?>(update) { EventId = update.Sequence.ToString(CultureInfo.InvariantCulture) }
                : new SseItem<RunUpdate?>(null, Api.KeepAliveEvent);
        }

        async Task<bool> MovedAsync()
        {
            try
            {
                return await updates.MoveNextAsync();
            }
            catch (OperationCanceledException)
            {
                // The client has gone, or is let in no more, or this process is about to go: the stream ends, and who is still there comes back.
                return false;
            }
        }
    }
}
