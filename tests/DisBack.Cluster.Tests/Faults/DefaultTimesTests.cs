namespace DisBack.Cluster.Tests.Faults;

/// <summary>What takes its time, with the times that a cluster has unless it is told otherwise.</summary>
[Trait("Length", "Long")]
public sealed class DefaultTimesTests() : FaultTests(new() { Configuration = new Dictionary<string, string>() })
{
    [Fact]
    public Task A_worker_that_was_frozen_for_ninety_seconds_is_fenced_in_the_middle_of_the_run() => FreezeAsync(steps: 3000, TimeSpan.FromSeconds(90));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_blob_store_is_away_for_a_minute_and_the_attempt_goes_on_afterwards(bool hangs)
    {
        const int steps = 600;
        var (trial, _) = await TrainAsync(steps);

        if (hangs)
        {
            Cluster.Azurite.Pause();
        }
        else
        {
            await Cluster.Azurite.StopAsync();
        }
        await Task.Delay(TimeSpan.FromMinutes(1), Cancellation);
        if (hangs)
        {
            Cluster.Azurite.Continue();
        }
        else
        {
            await Cluster.Azurite.RestartAsync();
        }

        var run = await EndsAsIfNothingHadHappenedAsync(trial, steps);
        Assert.True(run.Attempt == 1, string.Join('\n', run.Attempts));
    }
}
