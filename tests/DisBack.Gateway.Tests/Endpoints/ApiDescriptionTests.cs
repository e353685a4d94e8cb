using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DisBack.Client.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>The OpenAPI document tells of every route and of nothing else.</summary>
public sealed partial class ApiDescriptionTests
{
    [Fact]
    public async Task Every_route_is_described_and_nothing_else_is()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        var address = new Uri($"{Api.Prefix}/openapi.json", UriKind.Relative);
        var document = JsonNode.Parse(await http.GetStringAsync(address, TestContext.Current.CancellationToken))!;
        var described = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(method => $"{method.Key.ToUpperInvariant()} {path.Key}")).Order(StringComparer.Ordinal);

        var routes = site.Gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText!.Contains(Api.Prefix, StringComparison.Ordinal)
                && !route.RoutePattern.RawText.EndsWith("openapi.json", StringComparison.Ordinal))
            .SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method =>
                $"{method} /{Constraint().Replace(route.RoutePattern.RawText!, "{$1}").Trim('/')}"))
            .Distinct().Order(StringComparer.Ordinal);

        Assert.Equal(routes, described);
        Assert.Equal("bearer", (string)document["components"]!["securitySchemes"]!["token"]!["scheme"]!);
    }

    /// <summary>What a path may hold is written beside it in a route.</summary>
    [GeneratedRegex(@"\{\*?([a-z]+)(:(?:[^{}]|\{\{|\}\})*)?\}")]
    private static partial Regex Constraint();
}
