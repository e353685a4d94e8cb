using System.Collections.Immutable;
using System.Net;

namespace DisBack.Orchestration.Tests.Ownership;

/// <summary>A cluster of at most one worker, which another silo sees as it is set here.</summary>
internal sealed class FakeMembership : IClusterMembershipService
{
    public static readonly SiloAddress Worker = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), 1);

    /// <summary>What is known of the worker.</summary>
    public SiloStatus Status { get; set; } = SiloStatus.Active;

    /// <summary>What a look into the table would tell.</summary>
    public SiloStatus? Refreshed { get; init; }

    public ClusterMembershipSnapshot CurrentSnapshot => new(
        Status == SiloStatus.None
            ? ImmutableDictionary<SiloAddress, ClusterMember>.Empty
            : ImmutableDictionary<SiloAddress, ClusterMember>.Empty.Add(Worker, new ClusterMember(Worker, Status, "worker")),
        new MembershipVersion(1));

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default)
    {
        Status = Refreshed ?? Status;
        return ValueTask.CompletedTask;
    }

    public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
}
