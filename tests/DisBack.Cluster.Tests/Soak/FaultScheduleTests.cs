using DisBack.TestKit.Soak;

namespace DisBack.Cluster.Tests.Soak;

public sealed class FaultScheduleTests
{
    [Fact]
    public void A_seed_is_a_schedule_and_a_longer_one_begins_with_the_shorter()
    {
        var faults = FaultSchedule.Create(seed: 3, count: 200).ToList();

        Assert.Equal(faults, FaultSchedule.Create(3, 200));
        Assert.Equal(faults, FaultSchedule.Create(3, 1000).Take(200));
        Assert.NotEqual(faults, FaultSchedule.Create(4, 200));
    }

    [Fact]
    public void A_thousand_faults_are_of_every_kind() =>
        Assert.Equal(Enum.GetValues<FaultKind>(), FaultSchedule.Create(seed: 0, count: 1000).Select(fault => fault.Kind).Distinct().Order());
}
