using System.Net;
using System.Text.Json.Nodes;
using DisBack.Cluster.Tests.Faults;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.TestKit;
using DisBack.TestKit.Gateways;
using DisBack.TestKit.History;
using DisBack.TestKit.Monitoring;
using DisBack.TestKit.Processes;
using DisBack.TestKit.Silos;

namespace DisBack.Cluster.Tests.Telemetry;

/// <summary>
/// The rules and the dashboards of <c>infra/telemetry</c> with a real Prometheus and a real Alertmanager at a cluster that works, is quiet, and then is
/// troubled in one way after another. One test, because a cluster that has seen all that is what the dashboards are for.
/// </summary>
public sealed class AlertTests() : FaultTests(new() { Workers = 2, ScratchMebibytes = 64 }, hosts: true)
{
    /// <summary>What fires only at the temperature of a device; <c>promtool</c> tries it.</summary>
    private const string OfDevices = "DisBackDeviceHot";

    private readonly HashSet<string> _seen = [];
    private GatewayProcess _gateway = null!;
    private PrometheusServer _prometheus = null!;

    [Fact]
    public async Task Each_alert_fires_for_its_trouble_and_for_no_other_and_every_panel_shows_something()
    {
        await using var others = await AlertReceiver.StartAsync();
        await using var gateway = _gateway = await GatewayProcess.StartAsync(
            Cluster.Folder, new Dictionary<string, string>(Cluster.Membership) { ["Notifications:File"] = await WriteRuleAsync(others.Address) });
        await using var prometheus = _prometheus = await PrometheusServer.StartAsync((gateway.Address, gateway.Token));
        WatchSilos();

        await StaysQuietAsync();
        await FiresAsync("DisBackRunFailed", DivergeAsync);
        await FiresAsync("DisBackContentCorrupt", DamageCacheAsync);
        await FiresAsync("DisBackStorageFails", StopStorageAsync, Cluster.Azurite.RestartAsync);
        await FiresAsync("DisBackGatewayRefuses", KnockAsync);
        await FiresAsync("DisBackNotificationsLost", async () => await (await Cluster.SubmitAsync(Spec("unheard", 3000), Cancellation)).CancelAsync());
        await FiresAsync("DisBackTargetDown", Cluster.Workers[0].KillAsync, Cluster.Workers[0].StartAsync);
        await FiresAsync("DisBackWorkersLost", KillWorkersAsync);
        await FiresAsync("DisBackDiskNearlyFull", () => Cluster.HostOf(Cluster.Workers[0])!.FillDiskAsync(Cluster.Workers[0].Scratch),
            () => Cluster.HostOf(Cluster.Workers[0])!.FreeDiskAsync(Cluster.Workers[0].Scratch));
        ITrialGrain? trial = null;
        await FiresAsync("DisBackQueueStuck", async () => trial = await SubmitForNoDeviceAsync(), () => trial!.CancelAsync());
        await FiresAsync("DisBackTrainingStalls", async () => trial = await EvaluateForLongAsync(), () => EndAsync(trial!));
        await FiresAsync("DisBackNoWorkers", EndWorkersAsync, BringWorkersAsync);

        Assert.Equal(Names("alert").Except([OfDevices]).Order(StringComparer.Ordinal), _seen.Order(StringComparer.Ordinal));
        await WorkOnceMoreAsync();
        await PanelsShowSomethingAsync();
    }

    [Fact]
    public async Task The_files_are_what_the_programs_take_and_a_hot_device_fires()
    {
        await ChildProcess.RunAsync("promtool", "check", "rules", Infra("alerts.yaml"));
        await ChildProcess.RunAsync("amtool", "check-config", Infra("alertmanager.yaml"));
        await ChildProcess.RunAsync("promtool", "test", "rules", Repository.Find("tests/DisBack.Cluster.Tests/Telemetry/hot-device.yaml")!);
        foreach (var rule in File.ReadAllText(Infra("alerts.yaml")).Split("- alert:")[1..])
        {
            Assert.Contains("summary:", rule, StringComparison.Ordinal);
            Assert.Contains("runbook:", rule, StringComparison.Ordinal);
        }
    }

    private static string Infra(string file) => Repository.Find($"infra/telemetry/{file}") ?? throw new InvalidOperationException($"There is no {file}.");

    private ExperimentSpec Spec(string name, int steps = 60) => TinyExperiment.Spec(name, Cluster.Teacher, backtracking: steps);

    private void WatchSilos() => _prometheus.Watch(Cluster.Silos.Where(silo => silo.IsRunning).Select(silo => silo.Http));

    /// <summary>A rule whose receiver has moved.</summary>
    private async Task<string> WriteRuleAsync(Uri receiver)
    {
        await File.WriteAllTextAsync(Path.Combine(Cluster.Folder, "secret"), new string('s', 32), Cancellation);
        var file = Path.Combine(Cluster.Folder, "notifications.yaml");
        await File.WriteAllTextAsync(file, $"""
            rules:
              - name: moved
                url: {new Uri(receiver, "moved")}
                secret_file: secret
                of: [runs]
                on: [cancelled]
                where: name = 'unheard'
            """, Cancellation);
        return file;
    }

    /// <summary>Trains, records, sweeps and evaluates without any trouble, for longer than any rule waits.</summary>
    private async Task StaysQuietAsync()
    {
        var enough = Task.Delay(TimeSpan.FromMinutes(15) / PrometheusServer.Haste, Cancellation);
        var trial = await Cluster.SubmitAsync(Spec("quiet", steps: 200), Cancellation);
        var sweep = new TinySweep(trials: 4, maxConcurrent: 2, steps: 30);
        await Cluster.SubmitSweepAsync(sweep.Submission("quiet-sweep", Cluster.Teacher), Cancellation);
        await TestCluster.CompletedAsync(trial);
        await enough;
        Assert.Empty(_prometheus.Alerts.Firing);
        Assert.Empty(await _prometheus.QueryAsync("ALERTS{alertstate=\"firing\"}", Cancellation));
    }

    /// <summary>Makes trouble, and waits until whoever is on duty is told of it, by its name and by no other.</summary>
    private async Task FiresAsync(string name, Func<Task> trouble, Func<Task>? repair = null)
    {
        var before = _prometheus.Alerts.Firing;
        await trouble();
        var firing = await _prometheus.Alerts.UntilAsync(now => now.Contains(name), Cancellation);
        Assert.Equal([name], firing.Except(before));
        _seen.Add(name);
        if (repair is not null)
        {
            await repair();
        }
        // What comes later of the same trouble would be taken for what the next one causes.
        await _prometheus.Alerts.UntilAsync(now => !now.Contains(name), Cancellation);
        Assert.Subset(before.ToHashSet(), _prometheus.Alerts.Firing.ToHashSet());
    }

    private async Task DivergeAsync()
    {
        var spec = Spec("divergent");
        var settings = (DmdSettings)spec.Backtracking;
        var trial = await Cluster.SubmitAsync(
            spec with { Backtracking = settings with { Generator = settings.Generator with { LearningRate = 1e30 } } }, Cancellation);
        await TestCluster.UntilAsync(trial, update => update.Status == RunStatus.Failed, Cancellation);
    }

    /// <summary>A bit of the teacher flips on the disks of both workers: the next run on each finds it, and fetches the teacher again.</summary>
    private async Task DamageCacheAsync()
    {
        var name = $"*{Cluster.Teacher.Digest}*";
        foreach (var file in Cluster.Workers.SelectMany(worker => Directory.EnumerateFiles(worker.Cache, name, SearchOption.AllDirectories)))
        {
            await using var weights = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
            weights.Position = weights.Length - 1;
            var last = weights.ReadByte();
            weights.Position--;
            weights.WriteByte((byte)(last ^ 1));
        }
        ITrialGrain[] trials =
            [await Cluster.SubmitAsync(Spec("damaged-1", steps: 5000), Cancellation), await Cluster.SubmitAsync(Spec("damaged-2", steps: 5000), Cancellation)];
        // Both at a time: each worker has one slot.
        foreach (var trial in trials)
        {
            await Cluster.TrainingAsync(trial);
        }
        foreach (var trial in trials)
        {
            await trial.CancelAsync();
        }
    }

    private async Task StopStorageAsync()
    {
        await TrainAsync(steps: 300);
        await Cluster.Azurite.StopAsync();
    }

    /// <summary>Comes with a token that nobody has given out, again and again.</summary>
    private async Task KnockAsync()
    {
        using var http = new HttpClient { BaseAddress = _gateway.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", "disback_revoked");
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!_prometheus.Alerts.Firing.Contains("DisBackGatewayRefuses") && await pace.WaitForNextTickAsync(Cancellation))
        {
            using var answer = await http.GetAsync(new Uri("api/v1/runs", UriKind.Relative), Cancellation);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    /// <summary>Kills the worker that trains, again and again; each comes back at once.</summary>
    private async Task KillWorkersAsync()
    {
        var trial = await Cluster.SubmitAsync(Spec("lost-often", steps: 3000), Cancellation);
        var lost = 0;
        for (var kills = 0; !_prometheus.Alerts.Firing.Contains("DisBackWorkersLost"); kills++)
        {
            Assert.True(kills < 10, "Ten workers were lost and nobody was told.");
            // An attempt that the pool gave to a worker that had just died never trains.
            var trains = await Cluster.HistoryAsync(record =>
                record.Event == HistoryEvent.CheckpointAcknowledged && record.Run == TestCluster.NameOf(trial) && record.Attempt > lost);
            lost = trains.Attempt;
            var worker = Cluster.Silo(trains.Silo);
            await worker.KillAsync();
            await worker.StartAsync();
        }
        await trial.CancelAsync();
    }

    private Task<ITrialGrain> SubmitForNoDeviceAsync() =>
        Cluster.SubmitAsync(Spec("impossible") with { Hardware = new() { Threads = 1, Device = "cuda" } }, Cancellation);

    /// <summary>An evaluation that does not end.</summary>
    private Task<ITrialGrain> EvaluateForLongAsync()
    {
        var spec = Spec("evaluates");
        return Cluster.SubmitAsync(spec with { Evaluation = spec.Evaluation with { FinalSamples = 5_000_000 } }, Cancellation);
    }

    /// <summary>As an operator ends a thread that hangs: together with its worker.</summary>
    private async Task EndAsync(ITrialGrain trial)
    {
        await trial.CancelAsync();
        await Task.WhenAll(Cluster.Workers.Select(worker => worker.KillAsync()));
        await Cluster.ReviveAsync();
    }

    /// <summary>All workers are taken away, as whoever deploys them does it, while a run wants to train.</summary>
    private async Task EndWorkersAsync()
    {
        await Task.WhenAll(Cluster.Workers.Select(worker => worker.KillAsync()));
        WatchSilos();
        await Cluster.SubmitAsync(Spec("left-alone"), Cancellation);
    }

    private async Task BringWorkersAsync()
    {
        await Cluster.ReviveAsync();
        WatchSilos();
    }

    private static IEnumerable<string> Names(string key) =>
        File.ReadLines(Infra("alerts.yaml")).Where(line => line.Contains($"- {key}: ", StringComparison.Ordinal)).Select(line => line.Split(": ")[1].Trim());

    /// <summary>Trains on the new workers, and somebody watches.</summary>
    private async Task WorkOnceMoreAsync()
    {
        using var http = new HttpClient { BaseAddress = _gateway.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", _gateway.Token);
        var trial = await Cluster.SubmitAsync(Spec("last", steps: 300), Cancellation);
        // The first request may come before the gateway has seen the run.
        await TestCluster.UntilAsync(trial, update => update.Status == RunStatus.Running, Cancellation);
        await using var watch = await http.GetStreamAsync(new Uri($"api/v1/runs/{trial.GetPrimaryKeyString()}/watch", UriKind.Relative), Cancellation);
        await watch.CopyToAsync(Stream.Null, Cancellation);
    }

    /// <summary>Every query of every dashboard is one, and finds something in a cluster that has lived; those of devices a silo's test asks.</summary>
    private async Task PanelsShowSomethingAsync()
    {
        IReadOnlyList<string> empty = [];
        // The newest values come with the next scrape.
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var look = 0; look < 20 && await pace.WaitForNextTickAsync(Cancellation); look++)
        {
            empty = await EmptyPanelsAsync();
            if (empty.Count == 0)
            {
                break;
            }
        }
        Assert.True(empty.Count == 0, string.Join('\n', empty));
    }

    private async Task<IReadOnlyList<string>> EmptyPanelsAsync()
    {
        var empty = new List<string>();
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(Infra("grafana/fleet.json"))!, "*.json"))
        {
            foreach (var panel in JsonNode.Parse(await File.ReadAllTextAsync(file, Cancellation))!["panels"]!.AsArray())
            {
                foreach (var target in panel!["targets"]!.AsArray())
                {
                    var query = target!["expr"]!.GetValue<string>().Replace("$__rate_interval", "10m", StringComparison.Ordinal)
                        .Replace("$instance", ".*", StringComparison.Ordinal);
                    var values = await _prometheus.QueryAsync(query, Cancellation);
                    if (!values.Any(double.IsFinite) && !query.StartsWith("disback_device_", StringComparison.Ordinal))
                    {
                        empty.Add($"{Path.GetFileName(file)}: {panel["title"]}: {query}");
                    }
                }
            }
        }
        return empty;
    }
}
