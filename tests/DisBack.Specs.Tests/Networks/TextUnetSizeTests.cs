using DisBack.Specs.Networks;

namespace DisBack.Specs.Tests.Networks;

/// <summary>What SDXL's UNet takes, by its shapes alone, agrees with what libtorch counted of it on its meta device.</summary>
public sealed class TextUnetSizeTests
{
    [Fact]
    public void SDXL_has_as_many_parameters_as_published() => Assert.Equal(2_567_463_684, new TextUnetSettings().Size.Parameters);

    /// <summary>
    /// Counted by libtorch on its meta device for 1024 x 1024 pixels: 3.02e9 numbers in all, an eighth less than is said here, and 0.197e9 where segments keep
    /// their inputs, without the largest segment. On a CPU the peak of a process is nearer to what is said here: see MeasuredMemoryTests.
    /// </summary>
    [Fact]
    public void SDXL_keeps_about_as_many_numbers_as_libtorch_counted()
    {
        var size = new TextUnetSettings().Size;
        Assert.InRange(size.Activations, 3.02e9, 1.15 * 3.02e9);
        Assert.InRange(size.Checkpointed, 0.197e9, 0.4e9);
        Assert.InRange(size.Encoder.Activations, 0.3 * size.Activations, 0.6 * size.Activations);
    }

    [Fact]
    public void Four_times_the_latents_leave_four_times_as_much_but_for_texts()
    {
        var (small, large) = (new TextUnetSettings { SampleSize = 64 }.Size, new TextUnetSettings().Size);

        Assert.Equal(small.Parameters, large.Parameters);
        Assert.InRange((double)large.Activations / small.Activations, 3.9, 4.0);
        Assert.InRange((double)large.Held / small.Held, 3.9, 4.0);
    }

    /// <summary>DMD2's LoRA.</summary>
    [Fact]
    public void Adapters_of_SDXL_are_as_many_as_published() => Assert.Equal(196_751_360, new TextUnetSettings().AdapterParameters(64));
}
