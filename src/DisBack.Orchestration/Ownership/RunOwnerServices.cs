using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Training;
using DisBack.Storage.Blobs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Timers;

namespace DisBack.Orchestration.Ownership;

/// <summary>What every owner of runs needs besides its document.</summary>
internal sealed record RunOwnerServices(
    IOptions<RetryOptions> Retry,
    IOptions<TrainingOptions> Training,
    IClusterMembershipService Membership,
    IReminderRegistry Reminders,
    RunHistory History,
    IBlobStore Blobs,
    CompactionQueue Compactions,
    TimeProvider Time,
    ILogger<RunOwnerServices> Logger);
