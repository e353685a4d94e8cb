using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Optimization;
using DisBack.Specs.Backtracking;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>Which real images a network of the teacher's kind can be shown: those of its shape and, where it has classes, of as many.</summary>
public sealed class HostContextTests
{
    [Theory]
    [InlineData(8, 3, null)]
    [InlineData(8, 0, null)]
    [InlineData(16, 3, "data.resolution")]
    [InlineData(8, 4, "have 3 classes and the teacher has 4")]
    public void Images_of_another_shape_or_of_other_classes_are_refused(int resolution, int classes, string? why)
    {
        // Twelve images of 8 x 8 pixels with three classes.
        using var data = AllHosts.Data();
        var context = new HostContext(
            null!, TinyNetwork.Open, TinyNetwork.Open, new Dmd2Settings(), null!, new RandomStreams(1), new StateHold(), data);
        var network = TinyNetwork.Settings with { ImgResolution = resolution, LabelDim = classes };

        if (why is null)
        {
            Assert.Same(data, context.RequireDataFor(network));
        }
        else
        {
            Assert.Contains(why, Assert.Throws<DisBackException>(() => context.RequireDataFor(network)).Message, StringComparison.Ordinal);
        }
    }
}
