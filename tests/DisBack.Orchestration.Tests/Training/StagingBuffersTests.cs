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

        var first = Copied(staging.Copy([("weights", live)], TestContext.Current.CancellationToken));
        using (no_grad())
        {
            live.fill_(1);
        }
        var kept = first.sum().item<float>();
        staging.Release();
        var second = Copied(staging.Copy([("weights", live)], TestContext.Current.CancellationToken));

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

    [Fact]
    public void Tensors_of_every_form_are_copied_bit_for_bit()
    {
        using var staging = new StagingBuffers();
        using var scope = NewDisposeScope();
        using var random = new Generator(1);
        // One of more than one chunk, one whose elements are not in order, one of bytes, and one of nothing.
        (string, Tensor)[] live =
        [
            ("large", rand(40_000_000, generator: random)),
            ("turned", rand(300, 200, generator: random).t()),
            ("bytes", randint(256, [3, 7], uint8, generator: random)),
            ("none", zeros(0)),
        ];

        var staged = staging.Copy(live, TestContext.Current.CancellationToken);
        staged.Wait();

        Assert.All(live.Zip(staged.Copies), pair => Assert.True(pair.First.Item2.equal(pair.Second.Value).all().item<bool>()));
    }

    private static Tensor Copied(StagedState staged)
    {
        staged.Wait();
        return staged.Copies[0].Value;
    }
}
