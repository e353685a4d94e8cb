using DisBack.Specs.Networks;

namespace DisBack.Specs.Tests.Networks;

/// <summary>What SDXL's UNet takes, by its shapes alone, agrees with what libtorch counted of it on its meta device.</summary>
public sealed class TextUnetSizeTests
{
    [Fact]
    public void SDXL_has_as_many_parameters_as_published() => Assert.Equal(2_567_463_684, new TextUnetSettings().Size.Parameters);

    [Fact]
    public void Four_times_the_latents_leave_four_times_as_much_but_for_texts()
    {
        var (small, large) = (new TextUnetSettings { SampleSize = 64 }.Size, new TextUnetSettings().Size);

        Assert.Equal(small.Parameters, large.Parameters);
        Assert.InRange((double)large.Activations / small.Activations, 3.9, 4.0);
        Assert.InRange((double)large.Held / small.Held, 3.9, 4.0);
    }
}
