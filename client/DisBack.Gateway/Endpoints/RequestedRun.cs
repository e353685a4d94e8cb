using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Gateway.Endpoints;

/// <summary>
/// The run that a path names, and the document that holds it. That the document exists is seen in the blobs before a grain gets the request, so
/// that nobody can wake grains for runs that are none.
/// </summary>
internal sealed record RequestedRun(RunId Id, object Document)
{
    /// <summary>The parts of a path that are the owner's key.</summary>
    public static string PatternOf(RunKind kind) => kind switch
    {
        RunKind.Backtracking => "{sweep:maxlength(100)}/{ordinal:regex(^\\d{{4,9}}$)}",
        RunKind.Recording => "{key:regex(^[0-9a-f]{{64}}$)}",
        RunKind.Teacher => "{name:maxlength(100)}",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of run."),
    };

    /// <summary>What <see cref="Document"/> is.</summary>
    public static Type TypeOf(RunKind kind) => kind switch
    {
        RunKind.Backtracking => typeof(TrialDocument),
        RunKind.Recording => typeof(TrajectoryDocument),
        RunKind.Teacher => typeof(TeacherDocument),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of run."),
    };

    public static async ValueTask<RequestedRun> BindAsync(HttpContext context)
    {
        var archive = context.RequestServices.GetRequiredService<BlobArchive>();
        var kind = context.GetEndpoint()!.Metadata.GetRequiredMetadata<KindOfRun>().Kind;
        var owner = kind switch
        {
            RunKind.Backtracking => $"{context.GetRouteValue("sweep")}/{context.GetRouteValue("ordinal")}",
            RunKind.Recording => (string)context.GetRouteValue("key")!,
            RunKind.Teacher => (string)context.GetRouteValue("name")!,
            _ => throw new InvalidOperationException($"A path names a run of the kind {kind}, which no path has."),
        };
        var id = new RunId(kind, owner);
        return new RequestedRun(id, await FindAsync(archive, id, context.RequestAborted) ?? throw new NotFoundException(
            $"There is no {(kind == RunKind.Backtracking ? $"run {id}" : id)}; the lists show what there is."));
    }

    /// <summary>The document that holds a run; null if there is none.</summary>
    public static async Task<object?> FindAsync(BlobArchive archive, RunId run, CancellationToken cancellation) => run.Kind switch
    {
        RunKind.Backtracking => await archive.TrialAsync(run.Owner, cancellation),
        RunKind.Recording => await archive.TrajectoryAsync(run.Owner, cancellation),
        RunKind.Teacher => await archive.TeacherAsync(run.Owner, cancellation),
        _ => throw new ArgumentOutOfRangeException(nameof(run), run.Kind, "There is no such kind of run."),
    };

    /// <summary>The kind of run that the path is of, for <see cref="BindAsync"/>.</summary>
    internal sealed record KindOfRun(RunKind Kind);
}
