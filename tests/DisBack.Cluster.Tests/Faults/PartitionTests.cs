using DisBack.TestKit.History;
using DisBack.TestKit.Networks;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>Packets of the worker that trains are lost, in each direction and in both, towards everybody or only towards the other silos.</summary>
[Trait("Length", "Long")]
public sealed class PartitionTests : IAsyncLifetime
{
    private Network? _network;
    private Cut? _cluster;

    public async ValueTask InitializeAsync()
    {
        if (await Network.WhyNotAsync() is { } reason) Assert.Skip(reason);
        _network = await Network.StartAsync();
        _cluster = new Cut(_network);
        await _cluster.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        if (_network is not null) await _network.DisposeAsync();
    }

    [Theory]
    [InlineData(NetworkDirection.Both, false)]
    [InlineData(NetworkDirection.In, false)]
    [InlineData(NetworkDirection.Out, false)]
    [InlineData(NetworkDirection.Both, true)]
    public Task One_head_at_every_instant_and_the_same_student(NetworkDirection direction, bool towardsSilosOnly) => _cluster!.CutOffAsync(direction, towardsSilosOnly);

    private sealed class Cut(Network network) : FaultTests(new() { Controls = 2, Workers = 2, Network = network })
    {
        public async Task CutOffAsync(NetworkDirection direction, bool towardsSilosOnly)
        {
            const int steps = 300;
            var (trial, worker) = await TrainAsync(steps);
            var host = Cluster.HostOf(worker)!;
            var others = Cluster.Silos.Where(silo => silo != worker).Select(silo => silo.Endpoint.Address).ToArray();

            await host.CutAsync(direction, towardsSilosOnly ? others : []);
            var resumed = await ResumedAsync(trial, attempt: 2);
            await host.HealAsync();

            Assert.NotEqual(worker.Name, resumed.Silo);
            await EndsAsIfNothingHadHappenedAsync(trial, steps);
            Assert.DoesNotContain(
                Cluster.History.Records, record => record is { Event: HistoryEvent.CheckpointCommitted, Attempt: 1 } && record.Run == resumed.Run && record.Sequence > Began(resumed).Sequence);
        }

        private HistoryRecord Began(HistoryRecord resumed) =>
            Cluster.History.Records.First(record => record.Event == HistoryEvent.AttemptBegan && record.Run == resumed.Run && record.Attempt == resumed.Attempt);
    }
}
