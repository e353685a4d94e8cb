using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Placement;

namespace DisBack.Orchestration.Groups;

/// <summary>The other workers of a group, as one of them calls them.</summary>
internal sealed class GroupPeers(
    TrainingAssignment assignment, IGrainFactory grains, IClusterMembershipService membership, TimeProvider time, TimeSpan patience)
{
    /// <summary>Between two calls to one that has nothing yet, which has waited itself, or that did not answer.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(0.05);

    /// <summary>Reads from a worker until it has what is asked for.</summary>
    /// <exception cref="GroupException">It has ended, or is gone.</exception>
    public async Task<byte[]> ReadAsync(int rank, GroupRange range, CancellationToken cancellation)
    {
        var answered = time.GetTimestamp();
        while (true)
        {
            try
            {
                var numbers = await AskAsync(rank, member => member.ReadAsync(range)).WaitAsync(cancellation);
                if (numbers.Bytes is { } bytes)
                {
                    return bytes;
                }
                if (numbers.Message is { } message)
                {
                    throw new GroupException(numbers.Cause ?? FailureCause.Lost, message);
                }
                answered = time.GetTimestamp();
            }
            catch (Exception failure) when (failure is not GroupException && !cancellation.IsCancellationRequested)
            {
                // The network may be away for a while, and the cluster knows best who is dead.
                if (membership.CurrentSnapshot.GetSiloStatus(assignment.Group[rank].Worker) == SiloStatus.Dead || time.GetElapsedTime(answered) > patience)
                {
                    throw new GroupException(FailureCause.Lost, $"{assignment.Group[rank].DeviceName}, which trains it as worker {rank}, is gone.");
                }
            }
            await Task.Delay(s_pause, time, cancellation);
        }
    }

    /// <summary>Calls the grain of a worker where the worker is.</summary>
    public Task<T> AskAsync<T>(int rank, Func<IGroupMemberGrain, Task<T>> call) => MisroutedCall.AvoidedAsync(
        assignment.Group[rank].Worker, () => call(grains.GetGrain<IGroupMemberGrain>(WorkerGroups.KeyOf(assignment.Run, rank))));
}
