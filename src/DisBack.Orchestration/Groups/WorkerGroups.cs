using System.Collections.Concurrent;
using System.Reflection;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Groups;

/// <summary>This worker's parts in the attempts that it trains together with others. One per silo.</summary>
internal sealed class WorkerGroups(IGrainFactory grains, IClusterMembershipService membership, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, GroupMember> _members = new();

    /// <summary>The version of this program.</summary>
    public static string Version { get; } =
        typeof(WorkerGroups).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The key of a member's grain.</summary>
    public static string KeyOf(RunAttempt run, int rank) => $"{run}/{rank}";

    /// <summary>The member that a grain stands for; null where it is not here.</summary>
    public GroupMember? Find(string key) => _members.GetValueOrDefault(key);

    /// <summary>Takes part in an attempt, which others may read from at once.</summary>
    /// <param name="assignment">The attempt, its group and the rank of this worker.</param>
    /// <param name="patience">How long another worker may give no answer at all.</param>
    /// <param name="stop">Has this worker's waiting end.</param>
    public GroupMember Join(TrainingAssignment assignment, TimeSpan patience, CancellationToken stop)
    {
        var key = KeyOf(assignment.Run, assignment.Rank);
        var member = new GroupMember(assignment, new GroupPeers(assignment, grains, membership, time, patience), time, stop);
        _members[key] = member;
        return member;
    }

    /// <summary>The member has ended, and whoever read from it needs no more.</summary>
    public void Leave(GroupMember member)
    {
        if (_members.TryRemove(new(KeyOf(member.Assignment.Run, member.Assignment.Rank), member)))
        {
            member.Dispose();
        }
    }
}
