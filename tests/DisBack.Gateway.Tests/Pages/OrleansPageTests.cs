using System.Net;
using System.Text.Json.Nodes;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace DisBack.Gateway.Tests.Pages;

/// <summary>The dashboard of Orleans: who gets it, what it may load, and that it shows the silo there is.</summary>
public sealed class OrleansPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_operator_sees_the_counters_of_the_silos()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var http = site.Http(site.Operator);

        using var page = await GetAsync(http, "/orleans/");
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self' data:; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            Assert.Single(page.Headers.GetValues("Content-Security-Policy")));

        // They are taken once a second, and calls are counted from the first look on: the pool is called all the time.
        JsonNode counters;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), Cancellation);
            counters = JsonNode.Parse(await http.GetStringAsync(new Uri("orleans/DashboardCounters", UriKind.Relative), Cancellation))!;
        }
        while (PoolOf(counters) is not { } pool || (long)pool["totalCalls"]! == 0);
        var host = Assert.Single(counters["hosts"]!.AsArray())!;
        Assert.Equal("Active", (string?)host["status"]);

        // The first look had the silo begin to read the meters of Orleans.
        var meters = new Uri($"orleans/SiloCounters/{host["siloAddress"]}", UriKind.Relative);
        while (JsonNode.Parse(await http.GetStringAsync(meters, Cancellation))!.AsArray().Count == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), Cancellation);
        }
    }

    [Fact]
    public async Task A_silo_that_collects_nothing_is_a_problem_that_says_what_to_do()
    {
        var folder = Directory.CreateTempSubdirectory("disback-orleans-pages-").FullName;
        await using (var silo = await EmbeddedHost.StartAsync(new EmbeddedOptions { DataFolder = folder }, new ScriptedTraining(), Cancellation))
        {
            var options = new EmbeddedGatewayOptions(folder, new IPEndPoint(IPAddress.Loopback, 0)) { Scratch = Path.Combine(folder, "scratch") };
            await using var gateway = await EmbeddedGateway.StartAsync(
                options, Task.FromResult(silo.Grains), NullLoggerFactory.Instance, Cancellation);
            using var http = new HttpClient { BaseAddress = gateway.Address };
            using var answer = await GetAsync(http, "/orleans/DashboardCounters");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("with OrleansDashboard true", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("/orleans"), InlineData("/orleans/"), InlineData("/orleans/index.min.js"), InlineData("/orleans/DashboardCounters")]
    [InlineData("/orleans/GrainState"), InlineData("/orleans/nothing"), InlineData("/Orleans/Trace")]
    public async Task A_viewer_and_whoever_has_no_token_get_nothing_of_it(string path)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var viewer = site.Http(site.Viewer);
        using var nobody = site.Http(null);
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(viewer, path)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(nobody, path)).StatusCode);
    }

    [Fact]
    public async Task While_no_silo_has_answered_its_page_is_there_and_its_numbers_are_a_problem_that_passes()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Operator);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(http, "/orleans/")).StatusCode);
        using var answer = await GetAsync(http, "/orleans/DashboardCounters");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
    }

    [Theory, InlineData("/orleans/Trace"), InlineData("/orleans/GrainState?grainId=x&grainType=y"), InlineData("/orleans/grainstate")]
    public async Task Nobody_sees_logs_or_has_grains_called_by_the_names_of_their_types(string path)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Operator);
        using var answer = await GetAsync(http, path);
        Assert.Equal((HttpStatusCode.Forbidden, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
    }

    private static JsonNode? PoolOf(JsonNode counters) => counters["simpleGrainStats"]!.AsArray()
        .SingleOrDefault(grain => ((string)grain!["grainType"]!).EndsWith(".AcceleratorPoolGrain", StringComparison.Ordinal));

    private static Task<HttpResponseMessage> GetAsync(HttpClient http, string path) => http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
}
