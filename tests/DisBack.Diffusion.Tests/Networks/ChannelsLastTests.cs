using DisBack.Diffusion.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Networks;

/// <summary>On a CPU the features of a network keep their channels side by side, and are those of the other layout.</summary>
public sealed class ChannelsLastTests
{
    public static IEnumerable<TheoryDataRow<int, bool, int>> Blocks =>
        from resample in Enum.GetValues<Resample>()
        from adaptive in new[] { false, true }
        from heads in new[] { 0, 1, 2 }
        select new TheoryDataRow<int, bool, int>((int)resample, adaptive, heads);

    [Theory, MemberData(nameof(Blocks), DisableDiscoveryEnumeration = true)]
    public void A_block_keeps_the_layout_and_the_values(int resample, bool adaptive, int heads)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var init = new Initialization(InitialDistribution.XavierUniform);
        var settings = new UNetBlockSettings
        {
            EmbChannels = 8, Dropout = 0, Init = init, InitZero = init, InitAttention = init, NumHeads = heads, AdaptiveScale = adaptive,
            SkipScale = adaptive ? 1 : Math.Sqrt(0.5), ResampleProj = !adaptive,
        };
        using var block = new UNetBlock(16, adaptive ? 16 : 24, settings, new DropoutMasks(), generator, (Resample)resample, attention: heads > 0);
        var x = randn([3, 16, 6, 6], generator: generator);
        var emb = randn([3, 8], generator: generator);
        var plain = block.forward(x.clone(), emb);
        var last = block.forward(ChannelsLast.Of(x), emb);
        Assert.False(ChannelsLast.Is(plain));
        Assert.True(ChannelsLast.Is(last));
        Assert.True((plain - last).abs().max().item<float>() < 1e-5 * plain.abs().max().item<float>());
    }

    [Fact]
    public void Features_of_few_channels_and_of_other_devices_stay_as_they_are()
    {
        using var scope = NewDisposeScope();
        Assert.False(ChannelsLast.Is(ChannelsLast.Of(ones(2, 4, 3, 3))));
        Assert.True(ChannelsLast.Is(ChannelsLast.Of(ones(2, 8, 3, 3))));
    }
}
