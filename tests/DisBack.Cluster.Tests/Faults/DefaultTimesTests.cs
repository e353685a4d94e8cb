namespace DisBack.Cluster.Tests.Faults;

/// <summary>What takes its time, with the times that a cluster has unless it is told otherwise.</summary>
[Trait("Length", "Long")]
public sealed class DefaultTimesTests() : FaultTests(new() { Configuration = new Dictionary<string, string>() })
{
    [Fact]
    public Task A_worker_that_was_frozen_for_ninety_seconds_is_fenced_in_the_middle_of_the_run() => FreezeAsync(steps: 3000, TimeSpan.FromSeconds(90));
}
