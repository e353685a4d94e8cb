using DisBack.Orchestration.Training;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Tests.Training;

/// <summary>The memory in which a checkpoint waits to be written.</summary>
public sealed class StagingBuffersTests
{
    [Fact]
    public void A_copy_keeps_its_values_and_the_next_one_its_memory()
    {
        using var staging = new StagingBuffers();
        using var live = zeros(1000, requires_grad: true);

        var first = staging.Copy([("weights", live)], TestContext.Current.CancellationToken)[0].Value;
        using (no_grad())
        {
            live.fill_(1);
        }
        var kept = first.sum().item<float>();
        staging.Release();
        var second = staging.Copy([("weights", live)], TestContext.Current.CancellationToken)[0].Value;

        Assert.Same(first, second);
        Assert.Equal((0f, 1000f), (kept, second.sum().item<float>()));
        Assert.False(second.requires_grad);
    }

    [Fact]
    public async Task A_second_copy_waits_until_the_first_is_written_and_gives_up_when_told()
    {
        using var staging = new StagingBuffers();
        using var live = zeros(10);
        using var halted = new CancellationTokenSource();
        staging.Copy([("weights", live)], TestContext.Current.CancellationToken);

        var waiting = Task.Run(() => staging.Copy([("weights", live)], halted.Token), TestContext.Current.CancellationToken);
        await halted.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
