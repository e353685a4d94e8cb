using DisBack.TestKit.History;
using DisBack.TestKit.Silos;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>Those who hold the truth die; those who train go on.</summary>
public sealed class ControlFaultTests() : FaultTests(new() { Controls = 2, Workers = 1 })
{
    [Fact, Trait("Length", "Long")]
    public async Task The_control_silo_of_a_run_is_killed_and_the_attempt_goes_on_under_another()
    {
        var (trial, _) = await TrainAsync(600);
        var owner = Cluster.Silo(HeadBefore(trial, attempt: 2).Silo);

        await owner.KillAsync();
        await Cluster.HistoryAsync(
            record => record.Event == HistoryEvent.CheckpointCommitted && record.Run == TestCluster.NameOf(trial) && record.Silo != owner.Name);

        Assert.Equal(1, (await EndsAsIfNothingHadHappenedAsync(trial, 600)).Attempt);
    }

    [Fact, Trait("Length", "Long")]
    public async Task All_control_silos_are_killed_and_the_attempt_goes_on_when_they_are_back()
    {
        var (trial, _) = await TrainAsync(600);

        await Task.WhenAll(Cluster.Controls.Select(silo => silo.KillAsync()));
        await Cluster.ReviveAsync();

        Assert.Equal(1, (await EndsAsIfNothingHadHappenedAsync(trial, 600)).Attempt);
    }

    [Fact, Trait("Length", "Long")]
    public async Task Everything_is_killed_and_a_cold_start_goes_on_from_what_was_committed()
    {
        var (trial, _) = await TrainAsync(300);

        await Task.WhenAll(Cluster.Silos.Select(silo => silo.KillAsync()));
        await Cluster.Server.EndAsync();
        await Cluster.Server.RestartAsync();
        await Cluster.ReviveAsync();

        Assert.True((await ResumedAsync(trial, attempt: 2)).Step >= HeadBefore(trial, attempt: 2).Step);
        await EndsAsIfNothingHadHappenedAsync(trial, 300);
    }
}
