using DisBack.Contracts.Grains;
using DisBack.Orchestration.Training;
using Microsoft.Extensions.Logging;

namespace DisBack.Orchestration.Ownership;

/// <summary>
/// Whether the current attempt of a run still trains. The last heartbeat tells, and the cluster, which knows dead silos; after an activation without a
/// heartbeat so far the trainer is asked.
/// </summary>
internal sealed class RunLiveness(IClusterMembershipService membership, TrainingOptions options, TimeProvider time, ILogger logger)
{
    private long? _lastHeartbeat;
    private long? _lastCheck;

    /// <summary>Time since the last heartbeat; null if this activation has not received one yet.</summary>
    public TimeSpan? SinceHeartbeat => _lastHeartbeat is { } last ? time.GetElapsedTime(last) : null;

    /// <summary>The current attempt has sent a heartbeat, or has just begun.</summary>
    public void Renew() => _lastHeartbeat = time.GetTimestamp();

    /// <summary>There is no attempt any more.</summary>
    public void Forget() => _lastHeartbeat = null;

    /// <summary>
    /// To be called before the owner checks its run. If the last check was long ago, the owner was frozen or in a call and could not receive heartbeats either.
    /// </summary>
    public void BeginCheck()
    {
        if (_lastHeartbeat is not null && _lastCheck is { } last && time.GetElapsedTime(last) > options.Supervise * 3)
        {
            Renew();
        }
    }

    /// <summary>To be called after the owner has checked its run.</summary>
    public void EndCheck() => _lastCheck = time.GetTimestamp();

    /// <summary>Finds out whether the current attempt is lost.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="worker">The silo that it was started on; null in documents from before clusters.</param>
    /// <param name="isRunning">Asks its trainer.</param>
    /// <returns>Why it is lost; null while it trains, as far as anybody knows.</returns>
    public async Task<string?> FindLossAsync(RunAttempt attempt, SiloAddress? worker, Func<Task<bool>> isRunning)
    {
        if (worker is not null && membership.CurrentSnapshot.GetSiloStatus(worker) == SiloStatus.Dead)
        {
            return "The cluster has declared its silo dead.";
        }
        if (SinceHeartbeat is { } silence)
        {
            return silence > options.Stale ? $"No heartbeat for {options.Stale.TotalSeconds:0.#} s." : null;
        }
        try
        {
            if (!await IsMemberAsync(worker) || !await isRunning())
            {
                return "The process that ran it is gone.";
            }
        }
        catch (Exception e)
        {
            // Its silo may be about to leave or to come back: it has the full time for a heartbeat from now on.
            RunOwnerLog.Unreachable(logger, e, attempt);
        }
        Renew();
        return null;
    }

    /// <summary>Whether a silo is dead, or is not of this cluster at all: nobody there could answer.</summary>
    /// <param name="worker">The silo; null in documents from before clusters.</param>
    public async Task<bool> IsGoneAsync(SiloAddress? worker) =>
        worker is not null && (membership.CurrentSnapshot.GetSiloStatus(worker) == SiloStatus.Dead || !await IsMemberAsync(worker));

    /// <summary>
    /// Whether the cluster knows the silo at all; it does not if the silo was there before the table of members was emptied, or in an earlier process.
    /// </summary>
    private async Task<bool> IsMemberAsync(SiloAddress? worker)
    {
        if (worker is null || membership.CurrentSnapshot.GetSiloStatus(worker) != SiloStatus.None)
        {
            return true;
        }
        // It may have joined a moment ago.
        await membership.Refresh();
        return membership.CurrentSnapshot.GetSiloStatus(worker) != SiloStatus.None;
    }
}
