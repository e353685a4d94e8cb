using DisBack.Client.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace DisBack.Gateway.Endpoints;

/// <summary>The description of the API as OpenAPI, made from the routes themselves.</summary>
internal static class ApiDescription
{
    /// <summary>The name of the document.</summary>
    public const string Name = "v1";

    /// <summary>Where it is served.</summary>
    public const string Path = $"/{Api.Prefix}/openapi.json";

    private const string Scheme = "token";

    public static void Configure(OpenApiOptions options)
    {
        options.ShouldInclude = endpoint => endpoint.RelativePath?.StartsWith(Api.Prefix, StringComparison.Ordinal) == true;
        // A list in a query may always be left out, of which delegates that were generated at build time tell the opposite.
        options.AddOperationTransformer((operation, _, _) =>
        {
            foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>()
                .Where(parameter => parameter is { In: ParameterLocation.Query, Schema.Type: JsonSchemaType.Array }))
            {
                parameter.Required = false;
            }
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "DisBack",
                Version = Name,
                Description = "Runs, trajectories, teachers and sweeps of a cluster. Lists come in pages; failures are problem documents (RFC 9457).",
            };
            // The address is the reader's own: behind a proxy it is none that this process knows.
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Scheme] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = "A token of the gateway's token file: a viewer's to read, an operator's to command.",
                },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
            return Task.CompletedTask;
        });
    }
}
