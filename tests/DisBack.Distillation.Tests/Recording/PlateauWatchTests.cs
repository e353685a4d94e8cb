using DisBack.Distillation.Recording;
using DisBack.Specs.Recording;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Recording;

/// <summary>A loss has stopped falling when two windows in a row were hardly below the one before.</summary>
public sealed class PlateauWatchTests
{
    private static readonly LossPlateau s_settings = new() { Window = 2, Change = 0.1 };

    [Theory]
    // Means of 4, 2, 1.9, 1.8: flat twice.
    [InlineData(new[] { 5.0, 3, 2, 2, 1.9, 1.9, 1.8, 1.8, 1, 1 }, 8)]
    // Means of 4, 3.9, 3, 2.9, 2.8: the first flat window is followed by a fall.
    [InlineData(new[] { 4.0, 4, 3.9, 3.9, 3, 3, 2.9, 2.9, 2.8, 2.8 }, 10)]
    // A rise is no fall.
    [InlineData(new[] { 1.0, 1, 2, 2, 3, 3 }, 6)]
    // A tenth and no less.
    [InlineData(new[] { 1.0, 1, 0.89, 0.89, 0.79, 0.79, 0.7, 0.7 }, null)]
    // The first window has nothing before it.
    [InlineData(new[] { 1.0, 1, 1, 1 }, null)]
    public void It_is_reached_at_the_end_of_a_window(double[] losses, int? step)
    {
        using var watch = new PlateauWatch(s_settings, CPU);
        Assert.Equal(step, FirstReached(watch, losses, 0));
    }

    [Fact]
    public void It_goes_on_from_its_state()
    {
        double[] losses = [5, 3, 2, 2, 1.9, 1.9, 1.8, 1.8, 1, 1];
        for (var interruption = 0; interruption < 8; interruption++)
        {
            using var first = new PlateauWatch(s_settings, CPU);
            Assert.Null(FirstReached(first, losses[..interruption], 0));
            using var second = new PlateauWatch(s_settings, CPU);
            foreach (var ((_, from), (_, to)) in first.State.Zip(second.State))
            {
                to.copy_(from);
            }
            Assert.Equal(8, FirstReached(second, losses[interruption..], interruption));
        }
    }

    [Fact]
    public void It_outlives_the_scope_in_which_it_was_made()
    {
        PlateauWatch made;
        using (NewDisposeScope())
        {
            made = new PlateauWatch(s_settings, CPU);
        }
        using var watch = made;
        Assert.Equal(8, FirstReached(watch, [5, 3, 2, 2, 1.9, 1.9, 1.8, 1.8], 0));
    }

    private static int? FirstReached(PlateauWatch watch, double[] losses, int made)
    {
        foreach (var loss in losses)
        {
            using var value = tensor((float)loss);
            watch.Add(++made, value);
            if (watch.IsReached)
            {
                return made;
            }
        }
        return null;
    }
}
