using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using DisBack.Gateway.Security;
using DisBack.Gateway.Tests.Notifications;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DisBack.Gateway.Tests;

/// <summary>The API in the process of a silo: the same one, without a token for this machine alone.</summary>
public sealed class EmbeddedGatewayTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-embedded-gateway-").FullName;
    private EmbeddedHost _silo = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _silo = await EmbeddedHost.StartAsync(new EmbeddedOptions { DataFolder = _folder, OrleansDashboard = true }, new ScriptedTraining());

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_serves_what_a_gateway_serves_and_takes_commands_without_a_token()
    {
        await using var gateway = await StartAsync(Options());
        await using var cluster = await GatewaySite.OpenAsync();
        using var theirs = cluster.Http(cluster.Viewer);
        using var http = new HttpClient { BaseAddress = gateway.Address };

        Assert.Equal(
            (await theirs.GetStringAsync(new Uri("api/v1/openapi.json", UriKind.Relative), Cancellation)),
            (await http.GetStringAsync(new Uri("api/v1/openapi.json", UriKind.Relative), Cancellation)));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("health/ready", UriKind.Relative), Cancellation)).StatusCode);

        using var client = new ClusterClient(gateway.Address, null, null);
        var run = await client.SubmitAsync(GatewaySite.Spec("local"), await GatewaySite.PutTeacherAsync(client), Cancellation);
        var updates = await client.WatchAsync(RunId.Trial(run), 0, Cancellation).ToListAsync(Cancellation);
        Assert.NotEmpty(updates);
        Assert.Equal(run, Assert.Single(await client.RunsAsync(null, Cancellation)).Id);
    }

    [Theory]
    [InlineData("Host", "example.org", "'example.org' is not a name of this machine")]
    [InlineData("Origin", "https://example.org", "Pages of other sites are not let in")]
    [InlineData("Origin", "null", "Pages of other sites are not let in")]
    [InlineData("Sec-Fetch-Site", "cross-site", "Pages of other sites are not let in")]
    public async Task A_page_in_a_browser_of_this_machine_is_not_let_in(string header, string value, string sentence)
    {
        await using var gateway = await StartAsync(Options());
        using var http = new HttpClient { BaseAddress = gateway.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/runs") { Content = new StringContent("name: x") };
        request.Headers.TryAddWithoutValidation(header, value);

        using var answer = await http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains(sentence, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_own_page_and_programs_are_let_in()
    {
        await using var gateway = await StartAsync(Options());
        using var http = new HttpClient { BaseAddress = gateway.Address };
        http.DefaultRequestHeaders.Add("Origin", gateway.Address.GetLeftPart(UriPartial.Authority));
        http.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("api/v1/runs", UriKind.Relative), Cancellation)).StatusCode);
        http.DefaultRequestHeaders.Clear();
        http.DefaultRequestHeaders.Host = $"localhost:{gateway.Address.Port}";
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("api/v1/runs", UriKind.Relative), Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Its_page_learns_that_no_token_is_needed()
    {
        await using var gateway = await StartAsync(Options());
        using var http = new HttpClient { BaseAddress = gateway.Address };
        http.DefaultRequestHeaders.Add("Origin", gateway.Address.GetLeftPart(UriPartial.Authority));
        Assert.Contains("<!doctype html>", await http.GetStringAsync(new Uri("runs", UriKind.Relative), Cancellation), StringComparison.OrdinalIgnoreCase);
        var address = new Uri("api/v1/session", UriKind.Relative);
        var session = JsonNode.Parse(await http.GetStringAsync(address, Cancellation))!;
        Assert.Equal(("this machine", "operator", "this-machine"), ((string)session["name"]!, (string)session["role"]!, (string)session["admission"]!));
        using var body = new StringContent("{\"token\": \"x\"}", null, "application/json");
        using var begun = await http.PostAsync(address, body, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, begun.StatusCode);
        Assert.Contains("no session to begin", await begun.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_file_of_tokens_everybody_needs_one()
    {
        var tokens = Path.Combine(_folder, "tokens.json");
        var token = TokenFile.NewToken();
        TokenFile.Change(tokens, known =>
            [.. known, new TokenEntry("me", Role.Viewer, Convert.ToHexStringLower(TokenFile.Hash(token)), TimeProvider.System.GetUtcNow(), null)]);
        await using var gateway = await StartAsync(Options() with { Tokens = tokens });
        using var http = new HttpClient { BaseAddress = gateway.Address };

        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri("api/v1/runs", UriKind.Relative), Cancellation)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("api/v1/runs", UriKind.Relative), Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData(false, false, "let everybody in")]
    [InlineData(false, true, "let everybody in")]
    [InlineData(true, false, "in plain HTTP")]
    public async Task It_is_not_open_to_others_without_tokens_and_TLS(bool hasTokens, bool tls, string sentence)
    {
        var options = new EmbeddedGatewayOptions(_folder, new IPEndPoint(IPAddress.Any, 0))
        {
            Scratch = Path.Combine(_folder, "scratch"),
            Tokens = hasTokens ? Path.Combine(_folder, "tokens.json") : null,
            TlsAhead = tls,
        };
        Assert.Contains(sentence, (await Assert.ThrowsAsync<DisBackException>(() => StartAsync(options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_follows_rules_and_refuses_wrong_ones_before_it_starts()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var rules = Path.Combine(_folder, "notifications.yaml");
        var options = Options() with { Notifications = rules };
        await File.WriteAllTextAsync(Path.Combine(_folder, "secret"), new string('s', 24), Cancellation);
        await File.WriteAllTextAsync(rules, "rules: [{ name: a, url: nowhere, secret_file: secret, on: [completed] }]", Cancellation);
        Assert.StartsWith($"{rules}:1:25: ", Assert.ThrowsAny<DisBackException>(options.Check).Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            rules, $"rules: [{{ name: a, url: 'http://127.0.0.1:{receiver.Port}', secret_file: secret, of: [teachers], on: [completed] }}]", Cancellation);
        using var book = new LogBook();
        using var logs = LoggerFactory.Create(logging => logging.AddProvider(book));
        await using var gateway = await EmbeddedGateway.StartAsync(options, Task.FromResult(_silo.Grains), logs, Cancellation);
        await book.SeenAsync("This gateway follows the rule a");

        using var client = new ClusterClient(gateway.Address, null, null);
        await client.RegisterTeacherAsync("mine", new TeacherRegistration(await GatewaySite.PutTeacherAsync(client), "{}", "made up"), Cancellation);

        Assert.Equal("a: teacher mine completed", (await receiver.NextAsync()).Line);
    }

    [Fact]
    public async Task A_request_that_comes_before_the_silo_has_started_waits_for_it()
    {
        var grains = new TaskCompletionSource<IGrainFactory>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var gateway = await EmbeddedGateway.StartAsync(Options(), grains.Task, NullLoggerFactory.Instance, Cancellation);
        using var http = new HttpClient { BaseAddress = gateway.Address };
        using var givenUp = new CancellationTokenSource();
        var impatient = http.GetAsync(new Uri("health/ready", UriKind.Relative), givenUp.Token);
        var patient = http.GetAsync(new Uri("health/ready", UriKind.Relative), Cancellation);
        await givenUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        Assert.False(patient.IsCompleted);

        grains.SetResult(_silo.Grains);

        using var answer = await patient;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_a_sentence()
    {
        await using var gateway = await StartAsync(Options());
        var same = Options() with { Address = IPEndPoint.Parse(gateway.Address.Authority), Scratch = Path.Combine(_folder, "second") };
        Assert.StartsWith("Nothing can listen on", (await Assert.ThrowsAsync<DisBackException>(() => StartAsync(same))).Message, StringComparison.Ordinal);
    }

    private EmbeddedGatewayOptions Options() => new(_folder, new IPEndPoint(IPAddress.Loopback, 0)) { Scratch = Path.Combine(_folder, "scratch") };

    private Task<EmbeddedGateway> StartAsync(EmbeddedGatewayOptions options) =>
        EmbeddedGateway.StartAsync(options, Task.FromResult(_silo.Grains), NullLoggerFactory.Instance, Cancellation);
}
