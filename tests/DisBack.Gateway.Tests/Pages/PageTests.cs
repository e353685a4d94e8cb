using System.Net;
using System.Net.Http.Headers;
using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using DisBack.Gateway.Pages;
using DisBack.Orchestration.Tests;

namespace DisBack.Gateway.Tests.Pages;

/// <summary>The dashboard's page and files: who gets them, how they are kept by browsers, and that nothing else became open with them.</summary>
public sealed class PageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/"), InlineData("/runs"), InlineData("/runs/a-00000000/0000"), InlineData("/sweeps"), InlineData("/sweeps/a-00000000")]
    [InlineData("/trajectories"), InlineData("/trajectories/x"), InlineData("/teachers"), InlineData("/teachers/digits"), InlineData("/compare")]
    [InlineData("/cluster"), InlineData("/new"), InlineData("/login"), InlineData("/runs?where=fid%3C5")]
    public async Task The_page_is_at_every_address_that_it_knows_and_is_asked_for_again_each_time(string path)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(null);

        using var page = await GetAsync(http, path);

        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.Equal("no-cache", page.Headers.CacheControl?.ToString());
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
                + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            Assert.Single(page.Headers.GetValues("Content-Security-Policy")));
        Assert.Contains("<!doctype html>", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.OrdinalIgnoreCase);
        using var again = await GetAsync(http, path, request => request.Headers.IfNoneMatch.Add(page.Headers.ETag!));
        Assert.Equal((HttpStatusCode.NotModified, ""), (again.StatusCode, await again.Content.ReadAsStringAsync(Cancellation)));
    }

    [Fact]
    public async Task Its_files_have_their_types_and_those_with_a_digest_in_their_names_are_kept_for_ever()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(null);
        var files = PageFiles.Read();

        Assert.Contains(files, file => file.Path == "/index.html");
        Assert.Contains(files, file => file is { Path: "/favicon.svg", ContentType: "image/svg+xml" });
        Assert.Contains(files, file => file.Path.StartsWith("/assets/", StringComparison.Ordinal) && file is { ContentType: "text/javascript" });
        foreach (var file in files.Where(file => file.Path != "/index.html"))
        {
            using var answer = await GetAsync(http, file.Path);
            Assert.Equal((file.Path, HttpStatusCode.OK), (file.Path, answer.StatusCode));
            Assert.Equal((file.Path, file.ContentType), (file.Path, answer.Content.Headers.ContentType!.MediaType));
            Assert.Equal(file.Bytes, await answer.Content.ReadAsByteArrayAsync(Cancellation));
            Assert.Equal(
                file.Path.StartsWith("/assets/", StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache",
                string.Join(", ", answer.Headers.GetValues("Cache-Control")));
        }
    }

    [Theory]
    [InlineData("/index.html"), InlineData("/runsx"), InlineData("/assets/nothing.js"), InlineData("/assets/../api/v1/runs"), InlineData("/compare/x")]
    [InlineData("/api/v1/nothing"), InlineData("/metrics")]
    public async Task Whoever_asks_for_anything_else_needs_to_be_let_in(string path)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(http, path)).StatusCode);
    }

    [Theory, InlineData("/nothing"), InlineData("/runsx"), InlineData("/compare/x"), InlineData("/apiary"), InlineData("/index.html")]
    public async Task A_browser_at_an_unknown_address_gets_the_page_as_not_found_and_other_clients_a_problem(string path)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var nobody = site.Http(null);
        using var viewer = site.Http(site.Viewer);
        using var known = await GetAsync(nobody, "/runs", AcceptPages);

        foreach (var http in new[] { nobody, viewer })
        {
            using var page = await GetAsync(http, path, AcceptPages);
            Assert.Equal((HttpStatusCode.NotFound, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
            Assert.Equal("no-store", page.Headers.CacheControl?.ToString());
            foreach (var header in new[] { "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy" })
            {
                Assert.Equal(known.Headers.GetValues(header), page.Headers.GetValues(header));
            }
            Assert.Equal(await known.Content.ReadAsStringAsync(Cancellation), await page.Content.ReadAsStringAsync(Cancellation));
        }
        using var other = await GetAsync(viewer, path, request => request.Headers.Accept.ParseAdd("*/*"));
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (other.StatusCode, other.Content.Headers.ContentType?.MediaType));
    }

    [Theory]
    [InlineData("/api/v1/nothing"), InlineData("/api"), InlineData("/health/nothing"), InlineData("/metrics/nothing"), InlineData("/API/v1/runs/none/0000")]
    public async Task What_is_no_page_is_none_for_a_browser_either(string path)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var viewer = site.Http(site.Viewer);
        using var nobody = site.Http(null);
        using var answer = await GetAsync(viewer, path, AcceptPages);
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        using var refusal = await GetAsync(nobody, path, AcceptPages);
        Assert.Equal(HttpStatusCode.Unauthorized, refusal.StatusCode);
    }

    [Theory, InlineData("br"), InlineData("gzip")]
    public async Task Pages_and_answers_are_compressed_as_the_client_likes_and_events_never_are(string encoding)
    {
        var training = new ScriptedTraining();
        var hold = training.HoldAt(RunKind.Backtracking, 5);
        await using var site = await GatewaySite.OpenAsync(training);
        var run = await site.SubmitAsync("compressed");
        await hold.Reached;
        using var http = site.Http(site.Viewer);

        foreach (var path in new[] { "/", "/favicon.svg", $"/{Api.Prefix}/runs", $"/{Api.Prefix}/openapi.json", $"/{Api.Prefix}/{Api.PathOf(run)}/nothing" })
        {
            using var answer = await GetAsync(http, path, Accept);
            Assert.Equal((path, encoding), (path, string.Join(", ", answer.Content.Headers.ContentEncoding)));
            using var plain = await GetAsync(http, path);
            Assert.Equal((path, answer.Headers.ETag), (path, plain.Headers.ETag));
            Assert.Empty(plain.Content.Headers.ContentEncoding);
        }
        foreach (var path in new[] { $"/{Api.Prefix}/{Api.PathOf(run)}/watch", $"/{Api.Prefix}/live?run={run.Owner}" })
        {
            using var answer = await GetAsync(http, path, Accept);
            Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
            Assert.DoesNotContain(encoding, answer.Content.Headers.ContentEncoding);
        }
        hold.Open();

        void Accept(HttpRequestMessage request) => request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(encoding));
    }

    /// <summary>As Chromium does where somebody goes to an address.</summary>
    private static void AcceptPages(HttpRequestMessage request) =>
        request.Headers.Accept.ParseAdd("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8");

    private static async Task<HttpResponseMessage> GetAsync(HttpClient http, string path, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        change?.Invoke(request);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }
}
