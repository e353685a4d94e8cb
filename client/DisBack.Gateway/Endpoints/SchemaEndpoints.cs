using DisBack.Client;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DisBack.Gateway.Endpoints;

/// <summary>The JSON Schemas of specs, for editors that complete and explain what is written.</summary>
internal static class SchemaEndpoints
{
    public const string ContentType = "application/schema+json";

    /// <summary>Made when they are first asked for: each takes the documentation of all settings.</summary>
    private static readonly Dictionary<string, Lazy<string>> s_schemas = new()
    {
        ["experiment"] = new(SpecSchema.Of<ExperimentSpec>),
        ["sweep"] = new(SweepPlan.Schema),
        ["teacher"] = new(SpecSchema.Of<TeacherSpec>),
    };

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("schemas/{kind:maxlength(100)}", (string kind) => TypedResults.Text(
            s_schemas.TryGetValue(kind, out var schema)
                ? schema.Value
                : throw new NotFoundException($"There is no schema of a '{kind}'; it is one of {string.Join(", ", s_schemas.Keys)}."),
            ContentType))
        .Produces(StatusCodes.Status200OK, contentType: ContentType);
}
