using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace DisBack.Silo.Tests;

/// <summary>A lost connection is a death only where the endpoint refuses new ones.</summary>
public sealed class DeadProcessDetectorTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly FakeMembership _membership;
    private readonly SiloAddress _silo;

    public DeadProcessDetectorTests()
    {
        _listener.Start();
        _silo = SiloAddress.New((IPEndPoint)_listener.LocalEndpoint, 1);
        _membership = new FakeMembership(_silo);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silo_whose_endpoint_refuses_is_declared_dead_once(bool hadOpenedTheConnection)
    {
        _listener.Stop();
        await LoseAsync(hadOpenedTheConnection ? new IPEndPoint(_silo.Endpoint.Address, DeadProcessDetector.AnyPort) : _silo.Endpoint);
        Assert.Equal([_silo], _membership.Killed);
    }

    [Fact]
    public async Task A_verdict_that_was_not_written_is_repeated()
    {
        _listener.Stop();
        _membership.Refuses = 1;
        await LoseAsync(_silo.Endpoint);
        Assert.Equal([_silo, _silo], _membership.Killed);
    }

    [Fact]
    public async Task A_silo_that_still_listens_lives()
    {
        await LoseAsync(_silo.Endpoint);
        Assert.Empty(_membership.Killed);
    }

    [Theory]
    [InlineData(SiloStatus.Dead)]
    [InlineData(SiloStatus.None)]
    public async Task Who_is_dead_or_no_member_is_not_declared_dead(SiloStatus status)
    {
        _listener.Stop();
        _membership.Status = status;
        await LoseAsync(_silo.Endpoint);
        Assert.Empty(_membership.Killed);
    }

    [Fact]
    public async Task A_connection_to_another_endpoint_or_to_itself_kills_nobody()
    {
        _listener.Stop();
        await LoseAsync(new IPEndPoint(IPAddress.Loopback, _silo.Endpoint.Port == 1 ? 2 : 1));
        await LoseAsync(null);
        await LoseAsync(_silo.Endpoint, local: _silo);
        Assert.Empty(_membership.Killed);
    }

    public void Dispose() => _listener.Dispose();

    private Task LoseAsync(EndPoint? remote, SiloAddress? local = null) => new DeadProcessDetector(
        _membership, new FakeDetails(local ?? SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 3), 1)), NullLogger<DeadProcessDetector>.Instance)
        .ConnectionEndedAsync(remote);

    private sealed class FakeMembership(SiloAddress silo) : IClusterMembershipService
    {
        public List<SiloAddress> Killed { get; } = [];

        public SiloStatus Status { get; set; } = SiloStatus.Active;

        /// <summary>How many verdicts come to nothing, because another silo wrote the table at the same moment.</summary>
        public int Refuses { get; set; }

        public ClusterMembershipSnapshot CurrentSnapshot => new(
            ImmutableDictionary<SiloAddress, ClusterMember>.Empty.Add(silo, new ClusterMember(silo, Status, "silo")), new MembershipVersion(1));

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<bool> TryKill(SiloAddress siloAddress)
        {
            Killed.Add(siloAddress);
            if (Refuses-- <= 0)
            {
                Status = SiloStatus.Dead;
            }
            return Task.FromResult(true);
        }
    }

    private sealed class FakeDetails(SiloAddress address) : ILocalSiloDetails
    {
        public string Name => "silo";

        public string ClusterId => "disback";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => address;

        public SiloAddress GatewayAddress => address;
    }
}
