using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DisBack.TestKit.Processes;

namespace DisBack.TestKit.Monitoring;

/// <summary>
/// A real Prometheus with the rules of <c>infra/telemetry</c>, and a real Alertmanager behind it with the configuration there. Minutes and hours of
/// theirs are shorter by <see cref="Haste"/>, so that a test need not wait for a quarter of an hour.
/// </summary>
public sealed partial class PrometheusServer : IAsyncDisposable
{
    /// <summary>How many times shorter.</summary>
    public const int Haste = 40;

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private ChildProcess? _prometheus;
    private ChildProcess? _alertmanager;

    private PrometheusServer(AlertReceiver alerts) => Alerts = alerts;

    /// <summary>The alerts that reached whoever is on duty.</summary>
    public AlertReceiver Alerts { get; }

    /// <param name="gateway">The gateway, and a token for its metrics.</param>
    public static async Task<PrometheusServer> StartAsync((Uri Address, string Token) gateway)
    {
        var server = new PrometheusServer(await AlertReceiver.StartAsync());
        try
        {
            await server.RunAsync(gateway);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Scrapes these silos from now on, and no others.</summary>
    public void Watch(IEnumerable<Uri> silos)
    {
        var targets = new JsonArray(new JsonObject { ["targets"] = new JsonArray([.. silos.Select(silo => (JsonNode)silo.Authority)]) });
        // In one move: half a file would be no file.
        var written = Path.Combine(_folder.Path, "silos.new");
        File.WriteAllText(written, targets.ToJsonString());
        File.Move(written, Path.Combine(_folder.Path, "silos.json"), overwrite: true);
    }

    /// <summary>The values of a query now; none where it finds no series.</summary>
    /// <exception cref="HttpRequestException">It is no query.</exception>
    public async Task<IReadOnlyList<double>> QueryAsync(string query, CancellationToken cancellation)
    {
        using var answer = await _http.PostAsync(new Uri("api/v1/query", UriKind.Relative), new FormUrlEncodedContent([new("query", query)]), cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"{query}: {text}");
        }
        return [.. JsonNode.Parse(text)!["data"]!["result"]!.AsArray().Select(series => double.Parse(
            series!["value"]![1]!.GetValue<string>().Replace("Inf", "Infinity", StringComparison.Ordinal),
            CultureInfo.InvariantCulture))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { _prometheus, _alertmanager })
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
        }
        await Alerts.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    private async Task RunAsync((Uri Address, string Token) gateway)
    {
        var ports = Ports.Free(3);
        var alertmanager = Write("alertmanager.yaml", Hasten(Infra("alertmanager.yaml")).Replace(
            "http://127.0.0.1:9095/alerts", $"{Alerts.Address}", StringComparison.Ordinal));
        Write("alerts.yaml", Hasten(Infra("alerts.yaml")));
        Write("token", gateway.Token);
        Watch([]);
        // The scrape configuration of infra/telemetry is an example with addresses; these are the same jobs.
        var prometheus = Write("prometheus.yaml", JsonSerializer.Serialize(new
        {
            global = new { scrape_interval = "500ms", scrape_timeout = "500ms", evaluation_interval = "500ms" },
            rule_files = new[] { "alerts.yaml" },
            alerting = new { alertmanagers = new[] { new { static_configs = new[] { new { targets = new[] { $"127.0.0.1:{ports[1]}" } } } } } },
            scrape_configs = new object[]
            {
                new { job_name = "disback-silo", file_sd_configs = new[] { new { files = new[] { "silos.json" }, refresh_interval = "1s" } } },
                new
                {
                    job_name = "disback-gateway",
                    authorization = new { credentials_file = "token" },
                    static_configs = new[] { new { targets = new[] { gateway.Address.Authority } } },
                },
            },
        }));
        _alertmanager = ChildProcess.Start("prometheus-alertmanager",
        [
            $"--config.file={alertmanager}", $"--storage.path={Path.Combine(_folder.Path, "alerts")}", $"--web.listen-address=127.0.0.1:{ports[1]}",
            "--cluster.listen-address=",
        ]);
        await _alertmanager.SeesAsync("Listening on");
        _prometheus = ChildProcess.Start("prometheus",
        [
            $"--config.file={prometheus}", $"--storage.tsdb.path={Path.Combine(_folder.Path, "series")}", $"--web.listen-address=127.0.0.1:{ports[0]}",
            "--rules.alert.resend-delay=1s", "--query.lookback-delta=5s",
        ]);
        await _prometheus.SeesAsync("Server is ready to receive web requests");
        _http.BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}");
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Infra(string name) => File.ReadAllText(
        Repository.Find($"infra/telemetry/{name}") ?? throw new InvalidOperationException($"There is no infra/telemetry/{name}."));

    /// <summary>Minutes and hours in a rule or a setting, but not in a sentence.</summary>
    private static string Hasten(string text) => Duration().Replace(text, found =>
    {
        var unit = found.Groups["unit"].Value switch { "h" => 3600.0, "m" => 60, _ => 1 };
        return $"{Math.Max(1000, (int)(int.Parse(found.Groups["count"].Value, CultureInfo.InvariantCulture) * unit * 1000 / Haste))}ms";
    });

    [GeneratedRegex(@"(?<=\[|for: |offset |wait: |interval: )(?<count>[0-9]+)(?<unit>[smh])\b")]
    private static partial Regex Duration();
}
