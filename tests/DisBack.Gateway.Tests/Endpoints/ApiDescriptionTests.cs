using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DisBack.Client.Http;
using DisBack.TestKit;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>The OpenAPI document tells of every route and of nothing else.</summary>
public sealed partial class ApiDescriptionTests
{
    private const string WriteVariable = "DISBACK_WRITE_GOLDEN";

    private static readonly string s_golden =
        Path.Combine(Path.GetDirectoryName(Repository.Find("DisBack.sln"))!, "client", "DisBack.Dashboard", "openapi.json");
    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

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

    [Fact]
    public async Task The_golden_file_is_what_is_served()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        var address = new Uri($"{Api.Prefix}/openapi.json", UriKind.Relative);

        var served = JsonNode.Parse(await http.GetStringAsync(address, TestContext.Current.CancellationToken))!.ToJsonString(s_indented) + "\n";

        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            await File.WriteAllTextAsync(s_golden, served, TestContext.Current.CancellationToken);
        }
        var known = File.Exists(s_golden) ? await File.ReadAllTextAsync(s_golden, TestContext.Current.CancellationToken) : "";
        Assert.True(
            known == served,
            $"The description of the API differs from '{s_golden}', of which the dashboard's types are made; if that is meant, run this test once with "
                + $"{WriteVariable}=1, make the types again with 'npm run types' and commit both.");
    }

    /// <summary>What a path may hold is written beside it in a route.</summary>
    [GeneratedRegex(@"\{\*?([a-z]+)(:(?:[^{}]|\{\{|\}\})*)?\}")]
    private static partial Regex Constraint();
}
