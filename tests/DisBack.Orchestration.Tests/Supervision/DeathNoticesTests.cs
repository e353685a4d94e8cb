using System.Collections.Immutable;
using System.Net;
using System.Threading.Channels;
using DisBack.Orchestration.Supervision;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Orchestration.Tests.Supervision;

/// <summary>Whoever waits is woken by a death at once, by each death once, and by the time otherwise.</summary>
public sealed class DeathNoticesTests
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);
    private static readonly SiloAddress s_silo = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), 1);

    private readonly FakeTimeProvider _time = new();
    private readonly FollowedMembership _membership = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_death_ends_the_wait_and_the_same_death_ends_no_other()
    {
        var notices = new DeathNotices(_membership, Cancellation);
        _membership.Show(SiloStatus.Active);
        _membership.Show(SiloStatus.Dead);
        Assert.True(await notices.WaitAsync(s_period, _time, Cancellation));

        _membership.Show(SiloStatus.Dead);
        var second = notices.WaitAsync(s_period, _time, Cancellation);
        await _membership.Seen(3).WaitAsync(Cancellation);
        Assert.False(second.IsCompleted);
        _time.Advance(s_period);
        Assert.False(await second);
    }

    private sealed class FollowedMembership : IClusterMembershipService
    {
        private readonly Channel<ClusterMembershipSnapshot> _updates = Channel.CreateUnbounded<ClusterMembershipSnapshot>();
        private readonly Channel<bool> _read = Channel.CreateUnbounded<bool>();
        private int _version;

        public ClusterMembershipSnapshot CurrentSnapshot => throw new NotSupportedException();

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => ReadAsync();

        public void Show(SiloStatus status) => _updates.Writer.TryWrite(new(
            ImmutableDictionary<SiloAddress, ClusterMember>.Empty.Add(s_silo, new ClusterMember(s_silo, status, "silo")), new MembershipVersion(++_version)));

        /// <summary>Completes when the follower has dealt with so many updates.</summary>
        public async Task Seen(int updates)
        {
            for (var seen = 0; seen < updates; seen++)
            {
                await _read.Reader.ReadAsync(Cancellation);
            }
        }

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();

        private async IAsyncEnumerable<ClusterMembershipSnapshot> ReadAsync()
        {
            await foreach (var update in _updates.Reader.ReadAllAsync(Cancellation))
            {
                yield return update;
                _read.Writer.TryWrite(true);
            }
        }
    }
}
