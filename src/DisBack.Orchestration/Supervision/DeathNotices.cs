namespace DisBack.Orchestration.Supervision;

/// <summary>Deaths of silos as they become known here, for whoever waits for something else as well. For one waiter at a time.</summary>
internal sealed class DeathNotices
{
    private TaskCompletionSource _death = NewDeath();

    /// <summary>Begins to follow the membership.</summary>
    /// <param name="membership">Of the cluster.</param>
    /// <param name="stopping">Ends it.</param>
    public DeathNotices(IClusterMembershipService membership, CancellationToken stopping) => _ = FollowAsync(membership, stopping);

    /// <summary>Waits for the next death, or until a time has passed.</summary>
    /// <returns>Whether a silo has died since the last call.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<bool> WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken stopping)
    {
        // Most waits end because the time has passed: that must not cost an exception.
        await Task.WhenAny(_death.Task, Task.Delay(longest, time, stopping));
        stopping.ThrowIfCancellationRequested();
        if (!_death.Task.IsCompleted)
        {
            return false;
        }
        Volatile.Write(ref _death, NewDeath());
        return true;
    }

    private static TaskCompletionSource NewDeath() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task FollowAsync(IClusterMembershipService membership, CancellationToken stopping)
    {
        var known = new HashSet<SiloAddress>();
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stopping))
            {
                var dead = snapshot.Members.Values.Where(member => member.Status == SiloStatus.Dead).Select(member => member.SiloAddress).ToHashSet();
                if (!known.IsSupersetOf(dead))
                {
                    Volatile.Read(ref _death).TrySetResult();
                }
                // Entries of the dead are removed from the table after days.
                known = dead;
            }
        }
        catch (OperationCanceledException)
        {
            // Shutting down.
        }
    }
}
