using System.Text.Json;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Gateway.Checks;
using DisBack.Gateway.Configuration;
using DisBack.Gateway.Security;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway.Endpoints;

/// <summary>The paths below <c>/api/v1</c>. Lists and documents come from the blobs, commands go to the grains.</summary>
internal static partial class ApiEndpoints
{
    /// <summary>The limit that submissions share.</summary>
    public const string Submissions = "submissions";

    /// <summary>The limit of checks, of which an editor makes one whenever its user pauses.</summary>
    public const string Checks = "checks";

    /// <summary>Items of a page, at most.</summary>
    public const int LargestPage = 500;

    private const int UsualPage = 100;

    public static void MapApi(this WebApplication gateway, GatewaySettings settings, Admission admission)
    {
        var api = gateway.MapGroup($"/{Api.Prefix}");
        // Every command is in the log with the name of who gave it, whatever becomes of it.
        var commands = api.MapGroup("").RequireAuthorization(TokenAuthentication.Operator).AddEndpointFilter((context, next) =>
        {
            var (user, request) = (context.HttpContext.User.Identity, context.HttpContext.Request);
            LogCommand(gateway.Logger, user?.Name, request.Method, request.Path);
            return next(context);
        });

        api.MapGet("runs", async (BlobArchive archive, string? status, string? name, string? tag, string? after, int? limit, CancellationToken cancellation) =>
            PageOf(await archive.RunsAsync(null, cancellation), run => run.Id, new RunFilter(StatusOf(status), name) { Tag = tag }.Holds, after, limit));
        api.MapGet("trajectories", async (BlobArchive archive, string? after, int? limit, CancellationToken cancellation) =>
            PageOf(await archive.TrajectoriesAsync(cancellation), trajectory => trajectory.Id, _ => true, after, limit));
        api.MapGet("teachers", async (BlobArchive archive, string? after, int? limit, CancellationToken cancellation) =>
            PageOf(await archive.TeachersAsync(cancellation), teacher => teacher.Id, _ => true, after, limit));
        api.MapGet("find/runs", (BlobArchive archive, string text, CancellationToken cancellation) => archive.FindTrialAsync(text, cancellation));
        api.MapGet("find/trajectories", (BlobArchive archive, string text, CancellationToken cancellation) => archive.FindTrajectoryAsync(text, cancellation));
        api.MapGet("find/teachers", (BlobArchive archive, string text, CancellationToken cancellation) => archive.FindTeacherAsync(text, cancellation));
        api.MapGet("damaged", DamagedAsync);
        api.MapGet("accelerators", (IControl control, CancellationToken cancellation) => control.PoolAsync(cancellation));

        commands.MapPost("runs", SubmitAsync).RequireRateLimiting(Submissions);
        commands.MapPut("teachers/{name:maxlength(100)}", RegisterAsync).RequireRateLimiting(Submissions);
        commands.MapPost("trajectories", RegisterTrajectoryAsync).RequireRateLimiting(Submissions);
        commands.MapPost("teachers/{name:maxlength(100)}/train", TrainAsync).RequireRateLimiting(Submissions);
        commands.MapPost($"runs/{RequestedRun.PatternOf(RunKind.Backtracking)}/tags", TagAsync).WithMetadata(new RequestedRun.KindOfRun(RunKind.Backtracking));
        foreach (var kind in RunKinds.All.Select(info => info.Kind))
        {
            var path = $"{Api.CollectionOf(kind)}/{RequestedRun.PatternOf(kind)}";
            RunEndpoints.MapQueries(api.MapGroup(path).WithMetadata(new RequestedRun.KindOfRun(kind)), kind);
            RunEndpoints.MapCommands(commands.MapGroup(path).WithMetadata(new RequestedRun.KindOfRun(kind)));
        }
        SweepEndpoints.Map(api, commands);
        TableEndpoints.Map(api);
        CurveEndpoints.Map(api);
        ContentEndpoints.Map(api, commands, settings);
        ModelEndpoints.Map(api, commands);
        DrawingEndpoints.Map(api, commands);
        SessionEndpoints.Map(api, admission);
        LiveEndpoints.Map(api);
        SchemaEndpoints.Map(api);
        api.MapPost("check", async (HttpRequest request, SpecChecker checker, CancellationToken cancellation) =>
            await checker.CheckAsync(await ReadBytesAsync(request, cancellation), cancellation)).RequireRateLimiting(Checks)
            .Accepts<string>("application/yaml", "application/json");
    }

    private static async Task<Submitted> SubmitAsync(
        HttpRequest request,
        BlobArchive archive,
        IControl control,
        HttpResponse response,
        CancellationToken cancellation)
    {
        var submission = await ReadAsync(request, cancellation);
        var text = SpecReader.ParseLocated<ExperimentSpec>(submission.Spec, "spec");
        var (spec, teacher) = await new SubmissionPreparation(archive).PrepareAsync(text, submission.Teacher, cancellation);
        var id = await control.SubmitAsync(spec, teacher, cancellation);
        archive.Expire();
        response.Headers.Location = $"/{Api.Prefix}/{Api.PathOf(RunId.Trial(id))}";
        return new Submitted(id);
    }

    private static async Task<TeacherDocument> RegisterAsync(
        string name,
        TeacherRegistration registration,
        BlobArchive archive,
        IControl control,
        CancellationToken cancellation)
    {
        if (registration is not { Weights: not null, Network: not null, Provenance: not null })
        {
            throw new DisBackException("The body is not the registration of a teacher; send {\"weights\": {\"digest\": \"...\", \"length\": ...}, "
                + "\"network\": \"...\", \"provenance\": \"...\"}.");
        }
        await new SubmissionPreparation(archive).DemandAsync(registration.Weights, cancellation);
        var teacher = await control.RegisterTeacherAsync(name, registration, cancellation);
        archive.Expire();
        return teacher;
    }

    private static async Task<TrajectoryDocument> RegisterTrajectoryAsync(
        TrajectoryRegistration registration,
        BlobArchive archive,
        IControl control,
        CancellationToken cancellation)
    {
        if (registration is not { Name.Length: > 0, Nodes: { IsDefault: false } nodes } || nodes.Any(node => node?.Content is null))
        {
            throw new DisBackException("The body is not the registration of a trajectory; send {\"name\": \"...\", \"nodes\": [{\"index\": 0, \"step\": 0, "
                + "\"content\": {\"digest\": \"...\", \"length\": ...}}, ...]}.");
        }
        foreach (var node in nodes)
        {
            await new SubmissionPreparation(archive).DemandAsync(node.Content, cancellation);
        }
        var trajectory = await control.RegisterTrajectoryAsync(registration, cancellation);
        archive.Expire();
        return trajectory;
    }

    private static async Task<TeacherDocument> TrainAsync(
        string name,
        HttpRequest request,
        BlobArchive archive,
        IControl control,
        CancellationToken cancellation)
    {
        var text = SpecReader.ParseLocated<TeacherSpec>((await ReadAsync(request, cancellation)).Spec, "spec");
        var spec = text.Spec;
        if (spec.Name != name)
        {
            throw new DisBackException($"The spec's name is '{spec.Name}' but the path's is '{name}'; make them equal.");
        }
        await text.CheckAsync(() => new SpecContents(archive.Content).CheckAsync(spec, cancellation));
        var teacher = await control.TrainTeacherAsync(spec, cancellation);
        archive.Expire();
        return teacher;
    }

    private static async Task<TrialDocument> TagAsync(
        TagChange change,
        RequestedRun requested,
        BlobArchive archive,
        IControl control,
        CancellationToken cancellation)
    {
        var trial = await control.TagAsync(requested.Id.Owner, change.Add ?? [], change.Remove ?? [], cancellation);
        archive.Expire();
        return trial;
    }

    /// <summary>A submission as JSON, or the YAML of a spec alone: <c>curl --data-binary @spec.yaml</c>.</summary>
    private static async Task<Submission> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.HasJsonContentType())
        {
            return await ReadJsonAsync(request, cancellation) is { Spec.Length: > 0 } submission
                ? submission
                : throw new DisBackException("The submission has no spec; send {\"spec\": \"...\"}, or the YAML itself.");
        }
        return new Submission(await ReadTextAsync(request, cancellation));
    }

    /// <summary>A body that is the text of a spec.</summary>
    internal static async Task<string> ReadTextAsync(HttpRequest request, CancellationToken cancellation) =>
        SpecReader.Decode((await ReadBytesAsync(request, cancellation)).Span, "spec");

    /// <summary>A whole body.</summary>
    internal static async Task<ReadOnlyMemory<byte>> ReadBytesAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellation);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static async Task<Submission?> ReadJsonAsync(HttpRequest request, CancellationToken cancellation)
    {
        try
        {
            return await request.ReadFromJsonAsync<Submission>(Api.Json, cancellation);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            var where = e is JsonException { LineNumber: { } line, BytePositionInLine: { } column } ? $" at line {line + 1}, byte {column + 1}" : "";
            throw new DisBackException($"The body is not the JSON of a submission{where}; send {{\"spec\": \"...\"}} in UTF-8, or the YAML itself.", e);
        }
    }

    /// <summary>What one list leaves out, or all of them where none is named, as older clients do.</summary>
    private static async Task<IReadOnlyList<string>> DamagedAsync(BlobArchive archive, string? @in, CancellationToken cancellation)
    {
        var lists = RunKinds.All.ToDictionary(
            kind => kind.Collection, kind => (Func<Task<IReadOnlyList<string>>>)(() => archive.DamagedAsync(kind.Kind, cancellation)));
        lists[Api.Models] = () => archive.DamagedModelsAsync(cancellation);
        lists[Api.Drawings] = () => archive.DamagedDrawingsAsync(cancellation);
        if (@in is not null && !lists.ContainsKey(@in))
        {
            throw new DisBackException($"There is no list '{@in}'; it is one of {string.Join(", ", lists.Keys)}.");
        }
        var all = new List<string>();
        foreach (var (_, damaged) in lists.Where(list => @in is null || list.Key == @in))
        {
            all.AddRange(await damaged());
        }
        return all;
    }

    private static RunStatus? StatusOf(string? text) => string.IsNullOrEmpty(text) ? null
        // A number would be parsed as well.
        : Enum.GetNames<RunStatus>().Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<RunStatus>(text, ignoreCase: true)
        : throw new DisBackException($"There is no status '{text}'; it is one of {string.Join(", ", Enum.GetNames<RunStatus>()).ToLowerInvariant()}.");

    /// <summary>
    /// A part of a list whose order never changes: the position of an item is found among all of them, also where it has left the filter meanwhile.
    /// </summary>
    internal static Page<T> PageOf<T>(IReadOnlyList<T> all, Func<T, string> idOf, Func<T, bool> holds, string? after, int? limit)
    {
        if (limit is < 1 or > LargestPage)
        {
            throw new DisBackException($"limit is {limit}; a page has 1 to {LargestPage} items.");
        }
        IEnumerable<T> rest = all;
        if (!string.IsNullOrEmpty(after))
        {
            rest = all.SkipWhile(item => idOf(item) != after).Skip(1);
            if (!all.Any(item => idOf(item) == after))
            {
                throw new DisBackException($"after is '{after}', which is nothing in this list; begin without it.");
            }
        }
        var items = rest.Where(holds).Take((limit ?? UsualPage) + 1).ToList();
        var more = items.Count > (limit ?? UsualPage);
        return new Page<T>(more ? items[..^1] : items, more ? idOf(items[^2]) : null);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Token}: {Method} {Path}")]
    private static partial void LogCommand(ILogger logger, string? token, string method, PathString path);
}
