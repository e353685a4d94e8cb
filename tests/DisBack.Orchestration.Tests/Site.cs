using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Training;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.Storage.Documents;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Tests;

/// <summary>A data folder and the embedded hosts that come and go in it.</summary>
internal sealed class Site : IAsyncDisposable
{
    public const string Spec
        = """{"checkpoints":{"every":10,"keep":3},"hardware":{"device":"cpu","threads":1},"recording":{"steps":40},"seed":0,"student":{"sigma_init":2.5}}""";

    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-orchestration-").FullName;

    public EmbeddedHost Host { get; private set; } = null!;

    public string Folder => _folder;

    public static async Task<Site> OpenAsync(
        ScriptedTraining script,
        Action<TrainingOptions>? training = null,
        Action<IServiceCollection>? services = null,
        TimeSpan? retry = null)
    {
        var site = new Site();
        await site.StartAsync(script, training, services, retry);
        return site;
    }

    public async Task StartAsync(
        ScriptedTraining script,
        Action<TrainingOptions>? training = null,
        Action<IServiceCollection>? services = null,
        TimeSpan? retry = null) =>
        Host = await EmbeddedHost.StartAsync(
            new EmbeddedOptions
            {
                DataFolder = _folder,
                Training = options =>
                {
                    options.Heartbeat = TimeSpan.FromMilliseconds(50);
                    training?.Invoke(options);
                },
                Retry = options => options.FirstDelay = options.LongestDelay = retry ?? TimeSpan.FromMilliseconds(20),
                Services = services,
            },
            script);

    public ITrialGrain Trial(string sweep) => Host.Grains.GetGrain<ITrialGrain>(GrainKeys.Trial(sweep, 0));

    public ContentStore Contents => Host.Services.GetRequiredService<ContentStore>();

    public async Task<ITrialGrain> SubmitAsync(string sweep, string spec = Spec)
    {
        var teacher = await Contents.PutAsync(BinaryData.FromString("the teacher"));
        await Host.Grains.GetGrain<ISweepGrain>(sweep).SubmitAsync(new SweepSubmission("test", spec, teacher));
        return Trial(sweep);
    }

    /// <summary>Deletes a content behind everybody's back.</summary>
    public ContentRef Lose(ContentRef content)
    {
        File.Delete(Contents.LocalPathOf(content)!);
        return content;
    }

    /// <summary>A grain's document as it lies in the folder.</summary>
    public async Task<T> StoredAsync<T>(string kind, string key)
        where T : class =>
        await new DocumentReader(Host.Services.GetRequiredService<IBlobStore>(), DocumentNames.Service).ReadAsync<T>(kind, key, kind)
        ?? throw new InvalidOperationException($"There is no {kind} '{key}'.");

    /// <summary>Waits, by watching, until a run's updates satisfy a condition.</summary>
    public static async Task<RunUpdate> UntilAsync(IRun run, Func<RunUpdate, bool> condition)
    {
        using var timeout = new CancellationTokenSource(s_longestWait);
        RunUpdate? last = null;
        try
        {
            await foreach (var update in run.WatchAsync(0, timeout.Token).WithBatchSize(1))
            {
                if (condition(last = update))
                {
                    return update;
                }
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new TimeoutException($"After {s_longestWait.TotalSeconds} s the run is {last?.Status} at step {last?.Progress.Step}: {last?.Reason}");
        }
        throw new InvalidOperationException($"The run settled as {last?.Status}: {last?.Reason}");
    }

    public static Task<RunUpdate> UntilAsync(IRun run, RunStatus status) => UntilAsync(run, update => update.Status == status);

    /// <summary>Waits until the checkpoint of a step has become head.</summary>
    public static Task<RunUpdate> CommittedAsync(IRun run, long step) =>
        UntilAsync(run, update => update.Events.Any(happened => happened.Kind == RunEventKind.Checkpoint && happened.Step == step));

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await DeleteAsync(_folder);
    }

    /// <summary>Deletes the folder of a host that has ended: it leaves writes behind that are under way, and each may create a file once more.</summary>
    public static async Task DeleteAsync(string folder)
    {
        for (var attempt = 1; Directory.Exists(folder); attempt++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException) when (attempt < 1000)
            {
                await Task.Yield();
            }
        }
    }
}
