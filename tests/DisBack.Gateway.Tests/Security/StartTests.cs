using System.Diagnostics;
using DisBack.Gateway.Security;

namespace DisBack.Gateway.Tests.Security;

/// <summary>What the executable refuses at the start, in one sentence and with one exit code, and its token verbs.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-gateway-start-").FullName;

    private string Tokens => Path.Combine(_folder, "tokens.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Without_a_usable_tokens_file_it_does_not_start()
    {
        await RefusedAsync("Tokens:File names no file");
        await RefusedAsync("There is no tokens file", $"--Tokens:File={Tokens}");
        await File.WriteAllTextAsync(Tokens, "{ \"tokens\": [ { \"name\": \"x\" ", TestContext.Current.CancellationToken);
        await RefusedAsync("is malformed", $"--Tokens:File={Tokens}");
        var entry = $$"""{ "name": "x", "role": "viewer", "sha256": "{{new string('0', 64)}}", "created": "2026-01-01T00:00:00Z" }""";
        await File.WriteAllTextAsync(Tokens, $$"""{ "tokens": [ {{entry}}, {{entry}} ] }""", TestContext.Current.CancellationToken);
        await RefusedAsync("has the name 'x' 2 times", $"--Tokens:File={Tokens}");
        await File.WriteAllTextAsync(
            Tokens,
            $$"""{ "tokens": [ {{entry.Replace("\"created\"", "\"expire\": null, \"created\"", StringComparison.Ordinal)}} ] }""",
            TestContext.Current.CancellationToken);
        await RefusedAsync("is malformed", $"--Tokens:File={Tokens}");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"tokens": null}""")]
    [InlineData("""{"tokens": [null]}""")]
    [InlineData("""{"tokens": [{"name": null, "role": "viewer", "sha256": "", "created": "2026-01-01T00:00:00Z"}]}""")]
    [InlineData("""{"tokens": [{"name": "a", "role": "viewer", "sha256": null, "created": "2026-01-01T00:00:00Z"}]}""")]
    public void A_tokens_file_with_null_where_something_belongs_is_malformed(string json) => Assert.Contains(
        "is malformed", Assert.Throws<DisBackException>(() => TokenFile.Parse(System.Text.Encoding.UTF8.GetBytes(json), "tokens.json")).Message);

    [Fact]
    public void A_device_as_tokens_file_is_refused() =>
        Assert.Contains("no regular file", Assert.Throws<DisBackException>(() => TokenFile.Read("/dev/zero")).Message);

    [Theory]
    [InlineData("plain HTTP on 0.0.0.0:8090", "--Endpoints:Address=0.0.0.0")]
    [InlineData("plain HTTP on http://*:8080", "--Kestrel:Endpoints:Web:Url=http://*:8080")]
    [InlineData("did you mean 'Endpoints:Address'?", "--Endpoints:Adress=0.0.0.0")]
    [InlineData("There is no setting 'Limit'; did you mean 'Limits'?", "--Limit:SubmitsPerMinute=1")]
    [InlineData("Exactly one of Blobs:Folder, Blobs:AccountAddress and Blobs:ConnectionString", "--Endpoints:Http=0")]
    [InlineData("Cluster:Membership is Redis but Cluster:Redis names no server", "--Cluster:Membership=Redis")]
    [InlineData("Cluster:Membership is AzureTables but no account is named", "--Cluster:Membership=AzureTables")]
    [InlineData("Cluster:Tables:ConnectionString cannot be read", "--Cluster:Membership=AzureTables", "--Cluster:Tables:ConnectionString=AccountName")]
    [InlineData("Endpoints:SiloGateway is 'silo'; give HOST:PORT", "--Endpoints:SiloGateway=silo")]
    [InlineData("There is no file '/nowhere/rules.yaml'", "--Notifications:File=/nowhere/rules.yaml")]
    [InlineData("Limits:SubmitsPerMinute is 0", "--Limits:SubmitsPerMinute=0")]
    [InlineData("Limits:SubmitsAtOnce and Limits:Connections are 0 and 4096", "--Limits:SubmitsAtOnce=0")]
    public async Task What_is_unsafe_or_cannot_work_is_refused(string sentence, params string[] settings)
    {
        TokenFile.Change(Tokens, _ => []);
        await RefusedAsync(sentence, [$"--Tokens:File={Tokens}", .. settings]);
    }

    [Theory]
    [InlineData("--Endpoints:TlsTerminatedAhead=true", "--Endpoints:Address=0.0.0.0")]
    [InlineData("--Kestrel:Endpoints:Web:Url=https://0.0.0.0:8443", "--Endpoints:Http=0")]
    public void What_is_safe_is_not(string one, string other)
    {
        TokenFile.Change(Tokens, _ => []);
        Assert.NotNull(GatewayHost.Build([$"--Tokens:File={Tokens}", $"--Blobs:Folder={_folder}", one, other]));
    }

    [Fact]
    public async Task A_token_is_added_listed_and_removed_by_the_executable_itself()
    {
        var (code, added, error) = await RunAsync("token", "add", "me", "--role", "operator", "--tokens", Tokens);
        Assert.True(code == 0, error);
        var token = added.Trim();
        Assert.StartsWith(TokenFile.Mark, token);
        Assert.Equal(43 + TokenFile.Mark.Length, token.Length);
        var entry = Assert.Single(TokenFile.Read(Tokens).Tokens);
        Assert.Equal(("me", Role.Operator, Convert.ToHexStringLower(TokenFile.Hash(token))), (entry.Name, entry.Role, entry.Sha256));

        (code, _, error) = await RunAsync("token", "add", "other", "--role", "1", "--tokens", Tokens);
        Assert.NotEqual(0, code);
        Assert.Contains("'viewer'", error);

        (code, _, error) = await RunAsync("token", "add", "me", "--role", "viewer", "--tokens", Tokens);
        Assert.Equal(ExitCodes.Refused, code);
        Assert.Contains("has the name 'me' already", error);
        Assert.Contains("me  operator  created", (await RunAsync("token", "list", "--tokens", Tokens)).Output);
        Assert.Equal(0, (await RunAsync("token", "remove", "me", "--tokens", Tokens)).Code);
        Assert.Empty(TokenFile.Read(Tokens).Tokens);
        Assert.Equal(["tokens.json"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    private static async Task RefusedAsync(string sentence, params string[] args)
    {
        var (code, _, error) = await RunAsync(args);
        Assert.Equal(ExitCodes.Refused, code);
        Assert.Contains(sentence, error);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.StartsWith("disback-gateway: ", error);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "DisBack.Gateway"), args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
        return (process.ExitCode, await output, await error);
    }
}
