using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using DisBack.Gateway.Endpoints;
using DisBack.Gateway.Security;
using DisBack.Orchestration.Tests;

namespace DisBack.Gateway.Tests.Security;

/// <summary>Sessions of browsers: a token in a cookie, which counts only where the gateway's own page uses it.</summary>
public sealed class SessionTests
{
    private static readonly Uri s_session = new($"{Api.Prefix}/session", UriKind.Relative);
    private static readonly Uri s_runs = new($"{Api.Prefix}/runs", UriKind.Relative);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_is_begun_used_and_ended()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var page = PageOf(site.Address);

        Assert.Equal(HttpStatusCode.Unauthorized, (await page.GetAsync(s_session, Cancellation)).StatusCode);
        using var begun = await page.PostAsJsonAsync(s_session, new { token = site.Operator }, Cancellation);
        Assert.Equal(HttpStatusCode.OK, begun.StatusCode);
        Assert.Equal(
            $"disback-session={site.Operator}; path=/; samesite=strict; httponly",
            Assert.Single(begun.Headers.GetValues("Set-Cookie")));
        var session = JsonNode.Parse(await page.GetStringAsync(s_session, Cancellation))!;
        Assert.Equal(("operator", "operator", "tokens"), ((string)session["name"]!, (string)session["role"]!, (string)session["admission"]!));
        Assert.StartsWith("0.", (string)session["version"]!);
        Assert.Equal(session.ToJsonString(), JsonNode.Parse(await begun.Content.ReadAsStringAsync(Cancellation))!.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, (await page.GetAsync(s_runs, Cancellation)).StatusCode);

        Assert.Equal(HttpStatusCode.NoContent, (await page.DeleteAsync(s_session, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await page.GetAsync(s_runs, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_viewers_session_reads_and_commands_nothing()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var page = await BegunAsync(site.Address, site.Viewer);
        Assert.Equal("viewer", (string)JsonNode.Parse(await page.GetStringAsync(s_session, Cancellation))!["role"]!);
        Assert.Equal(HttpStatusCode.OK, (await page.GetAsync(s_runs, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await page.PostAsync(s_runs, null, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("disback_wrong", HttpStatusCode.Unauthorized, "does not know the token")]
    [InlineData("", HttpStatusCode.BadRequest, "names no token")]
    [InlineData(null, HttpStatusCode.BadRequest, "names no token")]
    public async Task A_wrong_token_begins_none_and_says_why(string? token, HttpStatusCode status, string sentence)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var page = PageOf(site.Address);
        using var answer = await page.PostAsJsonAsync(s_session, new { token }, Cancellation);
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(sentence, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["detail"]!, StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    /// <summary>A browser sends the cookie with whatever any page asks of this address; what it adds tells which page that was.</summary>
    [Theory]
    [InlineData("Origin", "https://example.org", false, false)]
    [InlineData("Origin", "null", false, false)]
    [InlineData("Sec-Fetch-Site", "cross-site", false, false)]
    [InlineData("Sec-Fetch-Site", "same-site", false, false)]
    [InlineData("Sec-Fetch-Site", "none", false, true)]
    [InlineData("X-Nothing", "x", false, true)]
    [InlineData("Sec-Fetch-Site", "same-origin", true, true)]
    [InlineData("Origin", "own", true, true)]
    public async Task With_the_cookie_alone_only_the_own_page_changes_something(string header, string value, bool mayChange, bool mayRead)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = site.Address };
        http.DefaultRequestHeaders.Add("Cookie", $"disback-session={site.Operator}");
        http.DefaultRequestHeaders.Add(header, value == "own" ? site.Address.GetLeftPart(UriPartial.Authority) : value);

        using var changed = await http.PostAsync(s_runs, null, Cancellation);
        Assert.Equal(mayChange, changed.StatusCode != HttpStatusCode.Forbidden);
        if (!mayChange)
        {
            Assert.Contains("Pages of other sites are not let in", await changed.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
        Assert.Equal(mayRead ? HttpStatusCode.OK : HttpStatusCode.Forbidden, (await http.GetAsync(s_runs, Cancellation)).StatusCode);
        Assert.Equal(mayChange, (await http.PostAsJsonAsync(s_session, new { token = site.Viewer }, Cancellation)).StatusCode == HttpStatusCode.OK);
        Assert.Equal(mayChange, (await http.DeleteAsync(s_session, Cancellation)).StatusCode == HttpStatusCode.NoContent);
        // A program's header is not what a browser adds by itself: it counts, and the cookie does not.
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", site.Viewer);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(s_runs, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_session_counts_at_every_gateway_and_after_a_restart()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var page = await BegunAsync(site.Address, site.Operator);
        var other = await site.StartGatewayAsync();
        await site.Gateway.StopAsync(Cancellation);
        page.DefaultRequestHeaders.Remove("Origin");
        // Browsers keep cookies by the name of the machine, and not by port.
        Assert.Equal(HttpStatusCode.OK, (await page.GetAsync(new Uri(new Uri(other.Urls.Single()), s_runs), Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_token_that_is_taken_away_ends_the_session_and_its_streams()
    {
        var training = new ScriptedTraining();
        var hold = training.HoldAt(RunKind.Backtracking, 5);
        await using var site = await GatewaySite.OpenAsync(training);
        var run = await site.SubmitAsync("watched");
        await hold.Reached;
        using var page = await BegunAsync(site.Address, site.Viewer);
        await using var watch = await page.GetStreamAsync(new Uri($"{Api.Prefix}/{Api.PathOf(run)}/watch", UriKind.Relative), Cancellation);
        await using var live = await page.GetStreamAsync(new Uri($"{Api.Prefix}/live?run={run.Owner}&tables=true", UriKind.Relative), Cancellation);

        TokenFile.Change(site.Tokens, tokens => [.. tokens.Where(token => token.Name != "viewer")]);
        await watch.CopyToAsync(Stream.Null, Cancellation);
        await live.CopyToAsync(Stream.Null, Cancellation);

        Assert.Equal(HttpStatusCode.Unauthorized, (await page.GetAsync(s_runs, Cancellation)).StatusCode);
        hold.Open();
        using var client = site.Client();
        await client.WatchAsync(run, 0, Cancellation).LastAsync(Cancellation);
    }

    [Fact]
    public async Task An_address_begins_so_many_sessions_in_a_minute_and_not_more()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var page = PageOf(site.Address);
        for (var i = 0; i < SessionEndpoints.PerMinute; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await page.PostAsJsonAsync(s_session, new { token = "x" }, Cancellation)).StatusCode);
        }
        using var refused = await page.PostAsJsonAsync(s_session, new { token = site.Viewer }, Cancellation);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("60 sessions in a minute", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task Behind_a_proxy_that_does_TLS_the_page_is_one_of_https_and_so_is_the_cookie()
    {
        await using var site = await GatewaySite.OpenAsync(TimeProvider.System, "--Endpoints:TlsTerminatedAhead=true");
        using var plain = PageOf(site.Address);
        Assert.Equal(HttpStatusCode.Forbidden, (await plain.PostAsJsonAsync(s_session, new { token = site.Viewer }, Cancellation)).StatusCode);

        using var secure = new HttpClient { BaseAddress = site.Address };
        secure.DefaultRequestHeaders.Add("Origin", $"https://{site.Address.Authority}");
        using var begun = await secure.PostAsJsonAsync(s_session, new { token = site.Viewer }, Cancellation);
        Assert.EndsWith("; path=/; secure; samesite=strict; httponly", Assert.Single(begun.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_TLS_answers_are_compressed_and_the_cookie_is_secure()
    {
        var folder = Directory.CreateTempSubdirectory("disback-gateway-tls-").FullName;
        try
        {
            using var key = RSA.Create(2048);
            using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                .CreateSelfSigned(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddDays(1));
            var file = Path.Combine(folder, "certificate.pfx");
            await File.WriteAllBytesAsync(file, certificate.Export(X509ContentType.Pkcs12, "x"), Cancellation);
            await using var site = await GatewaySite.OpenAsync(
                TimeProvider.System,
                "--Kestrel:Endpoints:Web:Url=https://127.0.0.1:0",
                $"--Kestrel:Certificates:Default:Path={file}",
                "--Kestrel:Certificates:Default:Password=x");
            using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
            using var page = new HttpClient(handler) { BaseAddress = site.Address };
            page.DefaultRequestHeaders.Add("Origin", site.Address.GetLeftPart(UriPartial.Authority));
            page.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("br"));

            using var begun = await page.PostAsJsonAsync(s_session, new { token = site.Viewer }, Cancellation);
            Assert.Contains("; secure;", Assert.Single(begun.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
            using var runs = await page.GetAsync(s_runs, Cancellation);
            Assert.Equal((HttpStatusCode.OK, "br"), (runs.StatusCode, Assert.Single(runs.Content.Headers.ContentEncoding)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<HttpClient> BegunAsync(Uri address, string token)
    {
        var page = PageOf(address);
        (await page.PostAsJsonAsync(s_session, new { token }, Cancellation)).EnsureSuccessStatusCode();
        return page;
    }

    /// <summary>Asks as the page in a browser does, which keeps cookies.</summary>
    private static HttpClient PageOf(Uri address)
    {
        var page = new HttpClient { BaseAddress = address };
        page.DefaultRequestHeaders.Add("Origin", address.GetLeftPart(UriPartial.Authority));
        return page;
    }
}
