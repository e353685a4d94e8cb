using DisBack.TestKit.History;
using DisBack.TestKit.Networks;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>Packets of the worker that trains are lost, in each direction and in both, towards everybody or only towards the other silos.</summary>
[Trait("Length", "Long")]
public sealed class PartitionTests() : FaultTests(new() { Controls = 2, Workers = 2 }, hosts: true)
{
    [Theory]
    [InlineData(NetworkDirection.Both, false)]
    [InlineData(NetworkDirection.In, false)]
    [InlineData(NetworkDirection.Out, false)]
    [InlineData(NetworkDirection.Both, true)]
    public async Task One_head_at_every_instant_and_the_same_student(NetworkDirection direction, bool towardsSilosOnly)
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
        var began = Cluster.History.Records
            .First(record => record.Event == HistoryEvent.AttemptBegan && record.Run == resumed.Run && record.Attempt == resumed.Attempt);
        Assert.DoesNotContain(
            Cluster.History.Records, record => record is { Event: HistoryEvent.CheckpointCommitted, Attempt: 1 } && record.Run == resumed.Run
                && record.Sequence > began.Sequence);
    }
}
