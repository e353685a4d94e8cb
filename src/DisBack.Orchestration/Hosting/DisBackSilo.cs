using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.GrainStorage;
using DisBack.Orchestration.Drawing;
using DisBack.Orchestration.Groups;
using DisBack.Orchestration.Ownership;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Supervision;
using DisBack.Orchestration.Training;
using DisBack.Orchestration.Workers;
using DisBack.Storage.Blobs;
using DisBack.Storage.Cache;
using DisBack.Storage.Content;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace DisBack.Orchestration.Hosting;

/// <summary>Makes a silo one of DisBack. Membership, reminders and endpoints are the host's choice; everything here is the same in every size.</summary>
public static class DisBackSilo
{
    /// <summary>Adds grains' storage and services, the blob store and the training runtime.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="role">What it is for.</param>
    /// <param name="blobs">Where everything durable lies.</param>
    /// <param name="cache">Where this machine keeps copies of weights when the blob store is elsewhere.</param>
    /// <param name="training">Devices and times.</param>
    /// <param name="retry">When failed attempts are followed by others.</param>
    public static ISiloBuilder AddDisBack(
        this ISiloBuilder silo,
        SiloRole role,
        Action<BlobStoreOptions> blobs,
        Action<WeightCacheOptions> cache,
        Action<TrainingOptions> training,
        Action<RetryOptions>? retry = null)
    {
        silo.AddBlobGrainStorage(DocumentNames.Storage);
        silo.AddActivityPropagation();
        silo.UseSiloMetadata(new Dictionary<string, string> { [RoleFilterDirector.MetadataKey] = role.ToString() });
        silo.Services.AddPlacementFilter<RoleFilter, RoleFilterDirector>(ServiceLifetime.Transient);
        silo.Services.AddBlobStore(blobs);
        silo.Services.AddSingleton<ContentStore>();
        silo.Services.AddWeightCache(cache);
        silo.Services.AddOptions<RetryOptions>().Configure(retry ?? (_ => { }));
        silo.Services.AddOptions<TrainingOptions>()
            .Configure(training)
            .PostConfigure(options =>
            {
                if (options.Devices.Count == 0)
                {
                    options.Devices.Add(new Accelerator(0, "cpu", "cpu", 1));
                }
            })
            .Validate(options => options.Scratch.Length > 0, "Training needs a Scratch folder.")
            .Validate(
                options => options.ModelIdle >= TimeSpan.Zero && options.ModelIdle < TimeSpan.FromDays(30) && options.DrawingsKept >= TimeSpan.Zero,
                "ModelIdle must be nothing to 30 days, and DrawingsKept not negative.")
            .Validate(
                options => options.Heartbeat * 2 <= options.Stale && options.Stale < options.DeadMan,
                "Heartbeat must be at most half of Stale, and Stale less than DeadMan: an owner may not start a second attempt long after the first one has "
                    + "stopped itself, nor miss a single heartbeat.")
            .ValidateOnStart();
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddSingleton<RunHistory>();
        silo.Services.AddSingleton<CompactionQueue>();
        silo.Services.AddTransient<RunOwnerServices>();
        if (!role.HasFlag(SiloRole.Worker))
        {
            return silo;
        }
        silo.Services.AddSingleton<DeviceSlots>();
        silo.Services.AddSingleton<WorkerGroups>();
        silo.Services.AddSingleton<ITrainingRuntime, TrainingRuntime>();
        silo.Services.AddSingleton<LoadedModels>();
        silo.Services.AddSingleton<DrawingRuntime>();
        silo.Services.AddSingleton<RunReporter>();
        // Added after the silo's own service and so stopped before it: the last checkpoints need grains to commit them.
        silo.Services.AddHostedService<WorkerService>();
        return silo;
    }

    /// <summary>
    /// Keeps the owners of all unfinished runs awake, in a cluster that is there for all of them; the one-process size advances only what its
    /// user asks for, unless it serves others. For control silos.
    /// </summary>
    public static ISiloBuilder AddRunSupervision(this ISiloBuilder silo, Action<SupervisionOptions>? configure = null)
    {
        silo.Services.AddOptions<SupervisionOptions>().Configure(configure ?? (_ => { }));
        silo.Services.AddHostedService<SupervisorService>();
        return silo;
    }
}
