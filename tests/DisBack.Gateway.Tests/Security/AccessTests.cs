using System.Net;
using System.Text.Json;
using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using DisBack.Gateway.Security;
using DisBack.Orchestration.Tests;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Gateway.Tests.Security;

/// <summary>Who gets in: every path of the gateway that there is, with every kind of token.</summary>
public sealed class AccessTests
{
    private const string SessionPath = "/api/v1/session", CheckPath = "/api/v1/check", OrleansPath = "/orleans";

    private static readonly string[] s_pages =
    [
        "/", "/runs/x", "/sweeps/x", "/trajectories/x", "/teachers/x", "/compare", "/cluster", "/new", "/login", "/favicon.svg",
    ];

    private static readonly string s_digest = new('0', 64);

    /// <summary>Longer than a gateway goes without looking at its tokens file.</summary>
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(1.1);

    [Fact]
    public async Task Every_path_wants_a_token_and_every_change_an_operators()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        var paths = site.Gateway.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                .Select(method => (Method: new HttpMethod(method), Path: PathOf(endpoint))))
            .Distinct().ToList();
        Assert.True(paths.Count > 25, $"{paths.Count} paths");

        using var anonymous = site.Http(null);
        using var stranger = site.Http(TokenFile.NewToken());
        using var viewer = site.Http(site.Viewer);
        using var @operator = site.Http(site.Operator);
        foreach (var (method, path) in paths)
        {
            if (path == SessionPath && method != HttpMethod.Get)
            {
                // Whoever asks for a session is not let in yet, and only the gateway's own page gets one.
                Assert.Equal((method, HttpStatusCode.Forbidden), (method, await StatusAsync(anonymous, method, path)));
                continue;
            }
            var open = IsOpen(path);
            // What Orleans shows of itself is for operators, too.
            var isForViewers = (method == HttpMethod.Get || method == HttpMethod.Head || path == CheckPath)
                && !path.StartsWith(OrleansPath, StringComparison.Ordinal);
            Assert.Equal((method, path, open ? HttpStatusCode.OK : HttpStatusCode.Unauthorized), (method, path, await StatusAsync(anonymous, method, path)));
            Assert.Equal((method, path, open ? HttpStatusCode.OK : HttpStatusCode.Unauthorized), (method, path, await StatusAsync(stranger, method, path)));
            Assert.Equal((method, path, !isForViewers), (method, path, await StatusAsync(viewer, method, path) == HttpStatusCode.Forbidden));
            Assert.DoesNotContain(
                await StatusAsync(@operator, method, path),
                new[] { HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.InternalServerError });
        }
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(anonymous, HttpMethod.Get, "/what/there/is/not"));
    }

    [Fact]
    public async Task A_refusal_is_a_problem_document_with_a_sentence_and_safe_headers()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var anonymous = site.Http(null);

        using var response = await anonymous.GetAsync(new Uri("api/v1/runs", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains("DISBACK_TOKEN", problem.RootElement.GetProperty("detail").GetString());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task The_file_holds_hashes_only_and_a_change_of_it_counts_within_moments()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var site = await GatewaySite.OpenAsync(time);
        var text = await File.ReadAllTextAsync(site.Tokens, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(site.Viewer, text);
        Assert.Contains(Convert.ToHexStringLower(TokenFile.Hash(site.Viewer)), text);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(site.Tokens));
        }

        using var viewer = site.Http(site.Viewer);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(viewer, HttpMethod.Get, "/api/v1/runs"));
        TokenFile.Change(site.Tokens, tokens => [.. tokens.Where(token => token.Name != "viewer")]);
        time.Advance(s_moment);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(viewer, HttpMethod.Get, "/api/v1/runs"));
        using var late = site.Http(site.AddToken("late", Role.Viewer));
        using var brief = site.Http(site.AddToken("brief", Role.Operator, time.GetUtcNow() + TimeSpan.FromDays(1)));
        time.Advance(s_moment);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(late, HttpMethod.Get, "/api/v1/runs"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(brief, HttpMethod.Get, "/api/v1/runs"));
        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(brief, HttpMethod.Get, "/api/v1/runs"));

        // A slip of an editor does not lock everybody out.
        await File.WriteAllTextAsync(site.Tokens, "{ \"tokens\": [", TestContext.Current.CancellationToken);
        time.Advance(s_moment);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(late, HttpMethod.Get, "/api/v1/runs"));
    }

    [Fact]
    public async Task A_token_that_is_taken_away_ends_what_its_owner_watches()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 5);
        await using var site = await GatewaySite.OpenAsync(script);
        var run = await site.SubmitAsync("watched");
        await hold.Reached;
        using var viewer = site.Http(site.Viewer);
        await using var watch = await viewer.GetStreamAsync(
            new Uri($"{Api.Prefix}/{Api.PathOf(run)}/watch", UriKind.Relative),
            TestContext.Current.CancellationToken);

        TokenFile.Change(site.Tokens, tokens => [.. tokens.Where(token => token.Name != "viewer")]);
        await watch.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(viewer, HttpMethod.Get, "/api/v1/runs"));
        hold.Open();
        using var client = site.Client();
        await client.WatchAsync(run, 0, TestContext.Current.CancellationToken).LastAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_token_submits_so_often_in_a_minute_and_not_oftener()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var site = await GatewaySite.OpenAsync(time, "--Limits:SubmitsPerMinute=2");
        using var first = site.Http(site.Operator);
        using var second = site.Http(site.AddToken("second", Role.Operator));
        time.Advance(s_moment);

        for (var i = 0; i < 2; i++)
        {
            Assert.NotEqual(HttpStatusCode.TooManyRequests, await StatusAsync(first, HttpMethod.Post, "/api/v1/runs"));
        }
        using var refused = await first.PostAsync(new Uri("api/v1/runs", UriKind.Relative), null, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        Assert.NotEqual(HttpStatusCode.TooManyRequests, await StatusAsync(second, HttpMethod.Post, "/api/v1/runs"));
    }

    /// <summary>What holds no data: whether the gateway lives, and its page with the files of it.</summary>
    private static bool IsOpen(string path) =>
        path.StartsWith("/health", StringComparison.Ordinal) || path.StartsWith("/assets/", StringComparison.Ordinal) || s_pages.Contains(path);

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static string PathOf(RouteEndpoint endpoint) =>
        "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
    {
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "ordinal" } => "0000",
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "digest" or "part" or "key" } => s_digest,
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "number" } => "0",
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { ParameterPolicies: [{ Content: "regex(^[0-9a-f]{32}$)" }] } => s_digest[..32],
        _ => "x",
    })))) + (endpoint.RoutePattern.RawText!.Contains("find/", StringComparison.Ordinal) ? "?text=x" : "");
}
