using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Grains;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Training;
using DisBack.Storage.Blobs;
using DisBack.Storage.Cache;
using DisBack.Storage.GrainStorage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DisBack.Orchestration.Hosting;

/// <summary>Makes a silo one of DisBack. Membership, reminders and endpoints are the host's choice; everything here is the same in every size.</summary>
public static class DisBackSilo
{
    /// <summary>Adds grains' storage and services, the blob store and the training runtime.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="blobs">Where everything durable lies.</param>
    /// <param name="cacheFolder">Where this host keeps weights near when the blob store is elsewhere.</param>
    /// <param name="training">Devices and times.</param>
    /// <param name="retry">When failed attempts are followed by others.</param>
    public static ISiloBuilder AddDisBack(
        this ISiloBuilder silo, Action<BlobStoreOptions> blobs, string cacheFolder, Action<TrainingOptions> training, Action<RetryOptions>? retry = null)
    {
        silo.AddBlobGrainStorage(DocumentNames.Storage);
        silo.AddActivityPropagation();
        silo.Services.AddBlobStore(blobs);
        silo.Services.AddWeightCache(options => options.Folder = cacheFolder);
        silo.Services.AddOptions<RetryOptions>().Configure(retry ?? (_ => { }));
        silo.Services.AddOptions<TrainingOptions>()
            .Configure(training)
            .PostConfigure(options =>
            {
                if (options.Devices.Count == 0) options.Devices.Add(new Accelerator(0, "cpu", "cpu", 1));
            })
            .Validate(options => options.Scratch.Length > 0, "Training needs a Scratch folder.")
            .Validate(
                options => options.Heartbeat * 2 <= options.Stale && options.Stale < options.DeadMan,
                "Heartbeat must be at most half of Stale, and Stale less than DeadMan: an owner may not start a second attempt long after the first one has stopped itself, nor miss a single heartbeat.")
            .ValidateOnStart();
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddTransient<RunOwnerServices>();
        silo.Services.AddSingleton<ITrainingRuntime, TrainingRuntime>();
        // Added after the silo's own service and so stopped before it: the last checkpoints need grains to commit them.
        silo.Services.AddHostedService<WorkerService>();
        return silo;
    }
}
