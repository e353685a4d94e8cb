namespace DisBack.Diffusion.Tests;

/// <summary>Every part of a computation is made once, on threads that libtorch has.</summary>
public sealed class TorchThreadsTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(5)]
    public void Every_part_is_computed_once(int parts)
    {
        var counts = new int[parts];
        TorchThreads.Run(parts, part => Interlocked.Increment(ref counts[part]));
        Assert.All(counts, count => Assert.Equal(1, count));
    }

    [Fact]
    public void Parts_run_side_by_side()
    {
        using var both = new Barrier(2);
        var met = 0;
        TorchThreads.Run(2, _ =>
        {
            if (both.SignalAndWait(TimeSpan.FromSeconds(30)))
            {
                Interlocked.Increment(ref met);
            }
        });
        Assert.Equal(2, met);
    }

    [Theory, InlineData(1), InlineData(3)]
    public void What_a_part_throws_comes_after_all_parts(int parts)
    {
        var computed = 0;
        var thrown = Assert.Throws<InvalidOperationException>(() => TorchThreads.Run(parts, part =>
        {
            Interlocked.Increment(ref computed);
            throw new InvalidOperationException($"part {part}");
        }));
        Assert.StartsWith("part ", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(parts, computed);
    }
}
