using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using DisBack.Silo.Tests.Infra;
using DisBack.TestKit;
using DisBack.TestKit.History;
using DisBack.TestKit.Monitoring;
using DisBack.TestKit.Processes;
using DisBack.TestKit.Silos;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DisBack.Silo.Tests;

/// <summary>The real executable, alone: how it starts, what it shows, how it ends, and what its supervisor makes of its end.</summary>
public sealed class SiloProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Role=Boss", "Role is 'Boss'; it is Control, Worker, Both.")]
    [InlineData("Role=3", "Role is '3'; it is Control, Worker, Both.")]
    [InlineData("Training:Drain=soon", "Training:Drain")]
    [InlineData("Cluster:Rediss=redis:6379", "did you mean 'Cluster:Redis'?")]
    [InlineData("Name=nowhere", "Exactly one of Blobs:Folder, Blobs:AccountAddress and Blobs:ConnectionString")]
    public async Task A_refusal_is_one_line_of_errors_and_an_exit_code_that_says_so(string setting, string expected)
    {
        var lines = new List<string>();
        await using var silo = ChildProcess.Start("dotnet", [SiloAssembly, $"--{setting}"], new Dictionary<string, string>(), lines.Add);
        Assert.Equal(ExitCodes.Refused, await silo.EndsAsync(Cancellation));
        Assert.Empty(lines);
        Assert.StartsWith("disback-silo: ", silo.LastLines, StringComparison.Ordinal);
        Assert.Contains(expected, silo.LastLines, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", silo.LastLines, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_becomes_ready_shows_its_metrics_and_stops_in_good_order()
    {
        await using var silo = Silo("alone");
        await silo.StartAsync();

        using var http = new HttpClient { BaseAddress = silo.Http };
        Assert.Equal("Healthy", await http.GetStringAsync(new Uri(SiloHost.LivePath, UriKind.Relative), Cancellation));
        Assert.Equal(0, await ComposeTests.HealthAsync(silo.Http.Port));
        var metrics = Metrics.Parse(await http.GetStringAsync(new Uri(SiloHost.MetricsPath, UriKind.Relative), Cancellation));
        Assert.Equal(1, Assert.Single(metrics, metric => metric.Name == "disback_slots_total").Value);
        await silo.SeesAsync("This worker is warm", Cancellation);
        var target = Assert.Single(metrics, metric => metric.Name == "target_info").Labels;
        Assert.Equal(
            ("disback-silo", "disback", "alone", "both"),
            (target["service_name"], target["service_namespace"], target["service_instance_id"], target["disback_role"]));
        Assert.Contains(metrics, metric => metric.Name.StartsWith("orleans_catalog_activation", StringComparison.Ordinal));
        Assert.Contains(metrics, metric => metric.Name.StartsWith("dotnet_gc_", StringComparison.Ordinal));
        // Labels of ours are of a few values: never a run, a grain or a digest.
        Assert.Empty(metrics.Where(metric => metric.Name.StartsWith("disback_", StringComparison.Ordinal))
            .SelectMany(metric => metric.Labels.Keys)
            .Except(["kind", "cause", "loss", "status", "use", "method", "outcome", "device", "le", "role"])
            .Except(["otel_scope_name", "otel_scope_version", "otel_scope_schema_url"]));

        Assert.Equal(ExitCodes.Stopped, await silo.TerminateAsync().WaitAsync(Cancellation));
        Assert.NotEqual(0, await ComposeTests.HealthAsync(silo.Http.Port));
    }

    [Fact]
    public async Task Where_the_driver_of_NVIDIA_is_it_shows_every_device_and_the_dashboards_find_their_series()
    {
        await NvidiaLibrary.BuildAsync(_folder.Path);
        await using var silo = Silo("heated", environment: new() { ["LD_LIBRARY_PATH"] = _folder.Path });
        await silo.StartAsync();

        using var http = new HttpClient { BaseAddress = silo.Http };
        var metrics = Metrics.Parse(await http.GetStringAsync(new Uri(SiloHost.MetricsPath, UriKind.Relative), Cancellation));
        Assert.Equal([("cuda:0", 0.42)], Of("utilization"));
        Assert.Equal([("cuda:0", 30L << 30), ("cuda:1", 30L << 30)], Of("memory_used_bytes"));
        Assert.Equal([("cuda:0", 80L << 30), ("cuda:1", 80L << 30)], Of("memory_size_bytes"));
        Assert.Equal([("cuda:0", 61), ("cuda:1", 47)], Of("temperature_celsius"));
        Assert.Equal([("cuda:0", 350.5), ("cuda:1", 350.5)], Of("power_watts"));
        // That the other series of the dashboards are there a cluster in trouble shows; it has no device.
        var shown = Regex.Matches(await File.ReadAllTextAsync(Repository.Find("infra/telemetry/grafana/fleet.json")!, Cancellation), @"disback_device_\w+")
            .Select(match => match.Value).Distinct().ToList();
        Assert.NotEmpty(shown);
        Assert.Empty(shown.Except(metrics.Select(metric => metric.Name)));

        IEnumerable<(string Device, double Value)> Of(string name) => metrics.Where(metric => metric.Name == $"disback_device_{name}")
            .Select(metric => (metric.Labels["device"], metric.Value)).Order();
    }

    [Theory]
    [InlineData("metrics", "disback.slots.total")]
    [InlineData("traces", "Microsoft.Orleans.Application")]
    [InlineData("logs", "Orleans.")]
    public async Task What_it_measures_does_and_says_goes_to_the_collector_that_is_named(string signal, string holds)
    {
        var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.MapPost($"/v1/{signal}", async (HttpRequest request) =>
        {
            // Names stand in the messages of the protocol as they are.
            using var text = new StreamReader(request.Body, Encoding.Latin1);
            var body = await text.ReadToEndAsync(Cancellation);
            if (body.Contains(holds, StringComparison.Ordinal))
            {
                received.TrySetResult(body);
            }
        });
        await collector.StartAsync(Cancellation);
        await using var silo = Silo("told", environment: new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.Single(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            // A silo in good order has little to say.
            ["DISBACK_LOGGING__LOGLEVEL__ORLEANS"] = "Information",
        });

        await silo.StartAsync();

        Assert.Contains("disback-silo", await received.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_silos_do_not_share_a_scratch_folder()
    {
        await using var first = Silo("alone");
        await first.StartAsync();
        await using var second = ChildProcess.Start("dotnet", [SiloAssembly, $"--Worker:Scratch={first.Scratch}", $"--Blobs:Folder={_folder.Path}"]);
        Assert.Equal(ExitCodes.Refused, await second.EndsAsync(Cancellation));
        Assert.Contains($"The scratch folder '{first.Scratch}' cannot be had alone", second.LastLines, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", second.LastLines, StringComparison.Ordinal);
        Assert.True(await first.IsReadyAsync(Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_supervised_silo_that_is_killed_is_back_on_the_same_endpoint(bool standby)
    {
        await using var silo = Silo("phoenix", supervised: true, settings: ("Standby", $"{standby}"));
        await silo.StartAsync();
        if (standby)
        {
            await silo.SeesAsync("a second process stands by", Cancellation);
        }
        var before = ChildrenOf(silo);
        silo.KillSupervised();
        await silo.SeesAsync("is started again", Cancellation);
        await silo.ReadyAsync();
        // The process that stood by is the silo now, or a new one is.
        Assert.Equal(standby ? before[1] : Assert.Single(ChildrenOf(silo).Except(before)), ChildOf(silo));

        // SIGTERM to the parent is SIGTERM to the child, and its good end is the parent's.
        var second = ChildOf(silo);
        Assert.Equal(ExitCodes.Stopped, await silo.TerminateAsync().WaitAsync(Cancellation));
        Assert.False(IsRunning(second));
    }

    [Fact]
    public async Task A_silo_whose_supervisor_is_killed_stops_by_itself()
    {
        await using var silo = Silo("orphan", supervised: true);
        await silo.StartAsync();
        var child = ChildOf(silo);
        silo.Send(Signal.Kill);
        // The output that both hold ends when both have.
        await silo.EndsAsync(Cancellation);
        Assert.False(IsRunning(child));
    }

    [Fact]
    public async Task A_refused_silo_is_not_started_again()
    {
        await using var silo = Silo("refused", supervised: true, settings: ("Training:Stale", "00:00:01"));
        silo.Start();
        Assert.Equal(ExitCodes.Refused, await silo.EndsAsync(Cancellation));
        Assert.Contains("Training:Stale", silo.LastLines, StringComparison.Ordinal);
        Assert.DoesNotContain("started again", silo.LastLines, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string SiloAssembly => Path.Combine(AppContext.BaseDirectory, "DisBack.Silo.dll");

    private SiloProcess Silo(
        string name,
        bool supervised = false,
        Dictionary<string, string>? environment = null,
        params (string Key, string Value)[] settings) => new(
        new()
        {
            Name = name,
            Role = SiloRole.Both,
            Folder = Path.Combine(_folder.Path, name),
            Supervised = supervised,
            Environment = environment ?? [],
            Configuration = settings.Append(("Blobs:Folder", Path.Combine(_folder.Path, "blobs"))).ToDictionary(one => one.Item1, one => one.Item2),
        },
        new HistoryLog());

    /// <summary>The process that runs the silo: what stands by was started after it.</summary>
    private static int ChildOf(SiloProcess supervisor) => ChildrenOf(supervisor)[0];

    /// <summary>In the order in which they were started.</summary>
    private static List<int> ChildrenOf(SiloProcess supervisor) =>
        [.. Directory.GetDirectories($"/proc/{supervisor.Id}/task")
            .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(id => int.Parse(id, CultureInfo.InvariantCulture))
            .Order()];

    /// <summary>Whether it runs; what has ended and is not waited for yet does not.</summary>
    private static bool IsRunning(int process)
    {
        try
        {
            return !Regex.IsMatch(File.ReadAllText($"/proc/{process}/stat"), @"\) Z ");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }
}
