using System.Net;
using Azure.Storage.Blobs;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Hosting;
using DisBack.Distillation.Generators;
using DisBack.Specs.Experiments;
using DisBack.Storage;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.Storage.Documents;
using DisBack.TestKit.History;
using DisBack.TestKit.Networks;
using DisBack.TestKit.Services;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace DisBack.TestKit.Silos;

/// <summary>A whole installation of real processes: Redis or Azure tables, Azurite behind a proxy, control silos, worker silos, and a client.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private readonly string _id = $"test-{Guid.NewGuid():n}";
    private readonly TemporaryFolder _folder = new();
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly Dictionary<SiloProcess, NetworkHost> _hosts = [];
    private readonly TestClusterOptions _options;
    private IHost _client = null!;

    private TestCluster(TestClusterOptions options) => _options = options;

    /// <summary>Who keeps the membership.</summary>
    public IMembershipServer Server { get; private set; } = null!;

    public Azurite Azurite { get; private set; } = null!;

    /// <summary>Between the silos and Azurite.</summary>
    public FaultProxy Proxy { get; private set; } = null!;

    public IReadOnlyList<SiloProcess> Controls { get; private set; } = [];

    public IReadOnlyList<SiloProcess> Workers { get; private set; } = [];

    public IEnumerable<SiloProcess> Silos => [.. Controls, .. Workers];

    /// <summary>What all silos wrote about who owned what.</summary>
    public HistoryLog History { get; } = new();

    /// <summary>The blobs, reached past the proxy.</summary>
    public AzureBlobStore Blobs { get; private set; } = null!;

    public ContentStore Contents => new(Blobs);

    public DocumentReader Documents => new(Blobs, DocumentNames.Service);

    public GrainControl Control => new(Grains);

    public IGrainFactory Grains => _client.Services.GetRequiredService<IClusterClient>();

    /// <summary>What every process of the installation is told: whom it belongs to, and where everything durable lies.</summary>
    public IReadOnlyDictionary<string, string> Membership => new Dictionary<string, string>(Server.Configuration)
    {
        ["Cluster:Id"] = _id,
        ["Blobs:ConnectionString"] = Azurite.ConnectionStringFor(Proxy.Address),
    };

    /// <summary>The teacher of <see cref="TinyExperiment"/>, in the store.</summary>
    public ContentRef Teacher { get; private set; } = null!;

    /// <summary>Where the silos' folders, with their logs, are.</summary>
    public string Folder => _folder.Path;

    /// <summary>Starts everything and waits until every silo is ready.</summary>
    public static async Task<TestCluster> StartAsync(TestClusterOptions? options = null)
    {
        var cluster = new TestCluster(options ?? new());
        try
        {
            await cluster.StartAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The host of a silo on the network that was given; null without one.</summary>
    public NetworkHost? HostOf(SiloProcess silo) => _hosts.GetValueOrDefault(silo);

    /// <summary>Submits an experiment, as often as it takes to be accepted, for as long as any test waits.</summary>
    /// <exception cref="TimeoutException">It was not accepted in time.</exception>
    public async Task<ITrialGrain> SubmitAsync(ExperimentSpec spec, CancellationToken cancellation = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(s_timeout);
        return await SubmitUntilAsync(spec, limit.Token);
    }

    /// <summary>Submits an experiment, as often as it takes to be accepted.</summary>
    /// <param name="spec">The experiment.</param>
    /// <param name="limit">When to give up.</param>
    /// <exception cref="TimeoutException">It was not accepted in time; the message says why, and which silos have ended how.</exception>
    public async Task<ITrialGrain> SubmitUntilAsync(ExperimentSpec spec, CancellationToken limit) =>
        Grains.GetGrain<ITrialGrain>(await AcceptedAsync(spec.Name, () => Control.SubmitAsync(spec, Teacher, limit), limit));

    /// <summary>Submits a sweep in the same way.</summary>
    /// <returns>Its id.</returns>
    public Task<string> SubmitSweepAsync(SweepSubmission sweep, CancellationToken limit) =>
        AcceptedAsync(sweep.Name, () => Control.SubmitSweepAsync(sweep, limit), limit);

    /// <summary>Watches a run until an update satisfies a condition, whatever happens to those who serve the watch.</summary>
    /// <exception cref="InvalidOperationException">The run settled without it.</exception>
    /// <exception cref="TimeoutException">It did not come in time.</exception>
    public static async Task<RunUpdate> UntilAsync(IRun run, Func<RunUpdate, bool> condition, CancellationToken limit)
    {
        RunUpdate? last = null;
        Exception? trouble = null;
        while (!limit.IsCancellationRequested)
        {
            var settled = false;
            try
            {
                await foreach (var update in run.WatchAsync(last?.Sequence ?? 0, limit).WithBatchSize(1).WithCancellation(limit))
                {
                    last = update;
                    if (condition(update))
                    {
                        return update;
                    }
                }
                settled = true;
            }
            catch (Exception e)
            {
                trouble = e;
                await Task.Delay(s_pause, limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            if (settled)
            {
                throw new InvalidOperationException($"The run {run.GetPrimaryKeyString()} settled as {last?.Status}: {last?.Reason}");
            }
        }
        throw new TimeoutException(
            $"The run {run.GetPrimaryKeyString()} did not get there in time: {last?.Status} ({last?.Reason}), attempt {last?.Attempt}, step "
                + $"{last?.Progress.Step}. Last trouble of the watch: {trouble?.Message ?? "none"}");
    }

    /// <summary>Watches a run to its completion.</summary>
    /// <param name="run">The run.</param>
    /// <param name="limit">When to give up.</param>
    /// <param name="seen">Called with every update.</param>
    public static Task CompletedAsync(IRun run, CancellationToken limit, Action<RunUpdate>? seen = null) => UntilAsync(
        run,
        update =>
        {
            seen?.Invoke(update);
            return update.Status == RunStatus.Completed;
        },
        limit);

    /// <summary>Watches a run to its completion, for as long as any test waits.</summary>
    public static async Task CompletedAsync(IRun run)
    {
        using var limit = new CancellationTokenSource(s_timeout);
        await CompletedAsync(run, limit.Token);
    }

    /// <summary>The digest of the student a trial has left.</summary>
    public async Task<string> StudentAsync(ITrialGrain trial)
    {
        using var limit = new CancellationTokenSource(s_timeout);
        while (true)
        {
            try
            {
                var document = await Documents.ReadAsync<TrialDocument>(DocumentNames.Trial, trial.GetPrimaryKeyString(), DocumentNames.Trial);
                return document!.Run.Artifacts[StudentFile.Name].Content.Digest;
            }
            catch (StorageException) when (!limit.IsCancellationRequested)
            {
                // A fault has just stopped the store.
                await Task.Delay(s_pause, CancellationToken.None);
            }
        }
    }

    /// <summary>Waits until an attempt of a trial has had a checkpoint acknowledged, and returns the worker that trains it.</summary>
    public async Task<SiloProcess> TrainingAsync(ITrialGrain trial, int attempt = 1) => Silo((await HistoryAsync(
        record => record.Event == HistoryEvent.CheckpointAcknowledged && record.Run == NameOf(trial) && record.Attempt == attempt)).Silo);

    /// <summary>The silo of a name.</summary>
    public SiloProcess Silo(string name) => Silos.Single(silo => silo.Name == name);

    /// <summary>What the history calls a trial.</summary>
    public static string NameOf(ITrialGrain trial) => $"backtracking/{trial.GetPrimaryKeyString()}";

    /// <summary>Starts again every silo that is not running, and waits until all are ready.</summary>
    public async Task ReviveAsync()
    {
        foreach (var silo in Silos.Where(silo => !silo.IsRunning))
        {
            silo.Start();
        }
        await Task.WhenAll(Silos.Select(silo => silo.ReadyAsync()));
    }

    /// <summary>Flips one bit in the middle of a stored content, or cuts it short, behind the back of everybody.</summary>
    public async Task DamageAsync(ContentRef content, bool torn = false)
    {
        var bytes = (await Blobs.ReadAsync(content.BlobName) ?? throw new InvalidOperationException($"{content} is not stored.")).Content.ToArray();
        bytes[bytes.Length / 2] ^= 0x10;
        if (torn)
        {
            bytes = bytes[..(bytes.Length / 2)];
        }
        await new BlobContainerClient(await Azurite.ConnectionStringAsync(), new BlobStoreOptions().Container)
            .GetBlobClient(content.BlobName)
            .UploadAsync(BinaryData.FromBytes(bytes), overwrite: true);
    }

    /// <summary>Waits for a record of the history.</summary>
    public async Task<HistoryRecord> HistoryAsync(Func<HistoryRecord, bool> condition, int after = 0, TimeSpan? timeout = null)
    {
        using var limit = new CancellationTokenSource(timeout ?? s_timeout);
        return await History.UntilAsync(condition, after, limit.Token);
    }

    /// <summary>Checks the history against itself and the stored documents.</summary>
    /// <param name="damaged">Digests of checkpoints that were damaged in the store.</param>
    public async Task<IReadOnlyList<Violation>> ViolationsAsync(IReadOnlySet<string>? damaged = null)
    {
        var documents = new Dictionary<string, RunRecord>();
        await foreach (var trial in Documents.ListAsync<TrialDocument>(DocumentNames.Trial, DocumentNames.Trial))
        {
            documents[$"backtracking/{trial.Key}"] = trial.State.Run;
        }
        await foreach (var stage in Documents.ListAsync<TrajectoryDocument>(DocumentNames.Trajectory, DocumentNames.Trajectory))
        {
            documents[$"recording/{stage.Key}"] = stage.State.Run;
        }
        return HistoryChecker.Check(History.Records, documents, damaged);
    }

    public async ValueTask DisposeAsync()
    {
        // The other way round than they were started. The client first: without silos it would only complain.
        if (_client is not null)
        {
            try
            {
                using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(5));
                // It may take no notice of the token.
                await _client.StopAsync(timeout.Token).WaitAsync(timeout.Token);
            }
            catch (Exception)
            {
                // It may have nobody left to say goodbye to.
            }
            _client.Dispose();
        }
        foreach (var owned in Enumerable.Reverse(_owned))
        {
            await owned.DisposeAsync();
        }
        _folder.Dispose();
    }

    private async Task<string> AcceptedAsync(string name, Func<Task<string>> submit, CancellationToken limit)
    {
        Exception? trouble = null;
        while (!limit.IsCancellationRequested)
        {
            try
            {
                return await submit();
            }
            catch (Exception e)
            {
                // Whoever would have answered is down; submitting again changes nothing that was done.
                trouble = limit.IsCancellationRequested ? trouble ?? e : e;
                await Task.Delay(s_pause, limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        var ended = Silos.Where(silo => !silo.IsRunning).Select(silo => $"\n{silo.Name} has ended. Its last lines:\n{silo.LastLines}");
        throw new TimeoutException($"The cluster did not take '{name}' in time: {trouble?.Message}{string.Concat(ended)}", trouble);
    }

    private async Task StartAsync()
    {
        var host = _options.Network?.Address ?? IPAddress.Loopback;
        Server = _options.Membership == MembershipKind.AzureTables ? Own(await TableServer.StartAsync(host)) : Own(await RedisServer.StartAsync(host));
        Azurite = Own(new Azurite { Host = host });
        Proxy = Own(await FaultProxy.StartAsync(await Azurite.AddressAsync(), host));
        Blobs = (AzureBlobStore)BlobStoreServices.Create(new() { ConnectionString = await Azurite.ConnectionStringAsync() });
        await Blobs.InitializeAsync();
        Teacher = await TinyExperiment.PutTeacherAsync(Contents);
        Controls = await SilosAsync("control", SiloRole.Control, _options.Controls);
        Workers = await SilosAsync("worker", SiloRole.Worker, _options.Workers);
        foreach (var silo in Silos)
        {
            silo.Start();
        }
        await Task.WhenAll(Silos.Select(silo => silo.ReadyAsync()));
        _client = BuildClient();
        await _client.StartAsync();
    }

    private async Task<IReadOnlyList<SiloProcess>> SilosAsync(string name, SiloRole role, int count)
    {
        var silos = new List<SiloProcess>();
        for (var n = 0; n < count; n++)
        {
            var host = _options.Network is { } network ? await network.AddHostAsync() : null;
            var silo = Own(new SiloProcess(
                new()
                {
                    Name = $"{name}-{n}",
                    Role = role,
                    Folder = Path.Combine(_folder.Path, $"{name}-{n}"),
                    Host = host,
                    Supervised = _options.Supervised && role == SiloRole.Worker,
                    Configuration = Configuration(),
                },
                History));
            if (host is not null)
            {
                _hosts[silo] = host;
            }
            if (_options.ScratchMebibytes is { } size && role == SiloRole.Worker)
            {
                await host!.MountDiskAsync(silo.Scratch, size);
            }
            silos.Add(silo);
        }
        return silos;
    }

    private Dictionary<string, string> Configuration() => new(_options.Configuration.Concat(Membership))
    {
        ["Worker:Accelerator"] = "cpu",
        ["Worker:Slots"] = $"{_options.Slots}",
    };

    private IHost BuildClient()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            Server.Serve(client);
            client
                .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (_id, DocumentNames.Service))
                .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1))
                .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(10));
        });
        return builder.Build();
    }

    private T Own<T>(T part)
        where T : IAsyncDisposable
    {
        _owned.Add(part);
        return part;
    }
}
