using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using DisBack.TestKit;
using DisBack.TestKit.Processes;

namespace DisBack.Dashboard.Tests.Browsing;

/// <summary>The real <c>disback up</c> over a data folder of its own, which trains what is submitted to it.</summary>
public sealed class Site : IAsyncDisposable
{
    private const string Served = " is served at ";

    private readonly TemporaryFolder _folder = new();
    private readonly string[] _arguments;
    private ChildProcess? _process;

    private Site(string[] arguments) => _arguments = arguments;

    /// <summary>Where its page is.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Requests as a program of this machine makes them.</summary>
    public HttpClient Http { get; private set; } = null!;

    private string DataFolder => Path.Combine(_folder.Path, "data");

    /// <summary>Starts one, with a teacher named <c>tiny</c> if one is wanted.</summary>
    public static async Task<Site> StartAsync(bool taught, params string[] arguments)
    {
        var site = new Site(arguments);
        if (taught)
        {
            await File.WriteAllTextAsync(Path.Combine(site._folder.Path, "teacher.yaml"), TinySpecs.Teacher);
            await ChildProcess.RunAsync("dotnet", [.. site.Program(), "teacher", "train", Path.Combine(site._folder.Path, "teacher.yaml")]);
        }
        await site.StartAsync(0);
        return site;
    }

    /// <summary>A token of a role, in the file that <c>--tokens</c> names.</summary>
    public static async Task<string> TokenAsync(string file, string name, string role)
    {
        var lines = await ChildProcess.RunAsync("dotnet", Repository.Built("client/DisBack.Gateway"), "token", "add", name, "--role", role, "--tokens", file);
        // The token is what it prints; what it says of it goes to the errors.
        return lines.Split('\n').Single(line => line.StartsWith("disback_", StringComparison.Ordinal));
    }

    /// <summary>Submits an experiment; returns the id of its run.</summary>
    public Task<string> RunAsync(string spec) => SubmitAsync("runs", spec);

    /// <summary>Submits a sweep; returns its id.</summary>
    public Task<string> SweepAsync(string spec) => SubmitAsync("sweeps", spec);

    /// <summary>Has a teacher trained.</summary>
    public Task TrainAsync(string teacher, string spec) => PostAsync($"teachers/{teacher}/train", spec);

    /// <summary>Gives a sweep more to do.</summary>
    public Task AmendAsync(string sweep, string spec) => PostAsync($"sweeps/{sweep}/amend", spec);

    /// <summary>Waits until a run has settled, as its watchers are told; returns its document.</summary>
    public async Task<JsonNode> SettledAsync(string run, string kind = "runs")
    {
        await using (var watch = await Http.GetStreamAsync(new Uri($"api/v1/{kind}/{run}/watch", UriKind.Relative), Cancellation))
        {
            // It ends when there is nothing more to tell.
            await watch.CopyToAsync(Stream.Null, Cancellation);
        }
        return (await Http.GetFromJsonAsync<JsonNode>($"api/v1/{kind}/{run}", Cancellation))!;
    }

    /// <summary>Ends it as a power cut does.</summary>
    public Task KillAsync() => _process!.KillAsync();

    /// <summary>Starts it again where it was.</summary>
    public Task RestartAsync() => StartAsync(Address.Port);

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        _folder.Dispose();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string[] Program() => [Repository.Built("client/DisBack.Cli", "disback"), "--data", DataFolder];

    private async Task StartAsync(int port)
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        _process = ChildProcess.Start("dotnet", [.. Program(), "up", "--address", $"127.0.0.1:{port}", .. _arguments]);
        var line = await _process.SeesAsync(Served, Cancellation);
        Address = new Uri(line[(line.IndexOf(Served, StringComparison.Ordinal) + Served.Length)..].Split([';', ' ', ','])[0]);
        Http?.Dispose();
        Http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(3) };
    }

    private async Task<string> SubmitAsync(string collection, string spec) => JsonNode.Parse(await PostAsync(collection, spec))!["id"]!.GetValue<string>();

    private async Task<string> PostAsync(string path, string spec)
    {
        using var content = new StringContent(spec, Encoding.UTF8, "application/yaml");
        using var response = await Http.PostAsync(new Uri($"api/v1/{path}", UriKind.Relative), content, Cancellation);
        var answer = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, answer);
        return answer;
    }
}
