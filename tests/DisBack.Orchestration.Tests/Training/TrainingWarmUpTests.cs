using DisBack.Contracts.Grains;
using DisBack.Orchestration.Training;

namespace DisBack.Orchestration.Tests.Training;

/// <summary>The miniature run of a worker's start trains, resumes and leaves nothing behind.</summary>
public sealed class TrainingWarmUpTests
{
    [Fact]
    public async Task It_trains_to_its_end_on_a_device_that_is_there() =>
        Assert.True(await TrainingWarmUp.Start(new Accelerator(0, "cpu", "cpu", 1)).Done.WaitAsync(TestContext.Current.CancellationToken) > TimeSpan.Zero);

    [Fact]
    public async Task It_says_what_is_wrong_with_a_device_that_is_not() =>
        await Assert.ThrowsAnyAsync<Exception>(
            () => TrainingWarmUp.Start(new Accelerator(9, "cuda:9", "cuda", 1)).Done.WaitAsync(TestContext.Current.CancellationToken));
}
