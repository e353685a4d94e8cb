using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Orchestration.Training;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Tests.Training;

/// <summary>Runs that look at the same network look at one copy, which goes with the last of them.</summary>
public sealed class FrozenNetworksTests
{
    private static readonly ContentRef s_node = new(new string('a', 64), 1);
    private static readonly ContentRef s_other = new(new string('b', 64), 1);

    private static readonly SongUnetSettings s_settings = new()
    {
        ImgResolution = 8, ImgChannels = 1, ModelChannels = 8, ChannelMult = [1], NumBlocks = 1, AttnResolutions = [], Dropout = 0,
    };

    private readonly FrozenNetworks _networks = new();

    [Fact]
    public void The_same_file_on_the_same_device_is_opened_once_and_gone_after_the_last()
    {
        var opened = 0;
        var first = _networks.Borrow(s_node, CPU, Precision.Fp32, Open);
        var second = _networks.Borrow(s_node, CPU, Precision.Fp32, Open);
        using (var other = _networks.Borrow(s_other, CPU, Precision.Fp32, Open))
        {
            Assert.NotSame(first.Network, other.Network);
            Assert.Equal(2, _networks.Count);
        }

        Assert.Same(first.Network, second.Network);
        Assert.Equal(2, opened);
        Assert.False(first.Network.training);
        Assert.All(first.Network.parameters(), parameter => Assert.False(parameter.requires_grad));
        first.Dispose();
        first.Dispose();
        using (var images = zeros(1, 1, 8, 8))
        using (var sigma = ones(1))
        using (no_grad())
        {
            second.Network.forward(images, sigma).Dispose();
        }
        Assert.Equal(1, _networks.Count);
        second.Dispose();
        Assert.Equal(0, _networks.Count);

        Denoiser Open()
        {
            opened++;
            return Tiny();
        }
    }

    [Fact]
    public void Two_threads_that_look_at_once_see_what_one_sees_alone()
    {
        using var network = _networks.Borrow(s_node, CPU, Precision.Fp32, Tiny);
        using var streams = new RandomStreams(3).For("images");
        using var images = randn([4, 1, 8, 8], generator: streams);
        using var sigma = ones(4);
        var alone = Look();

        var together = new float[2][];
        var threads = Enumerable.Range(0, 2).Select(n => new Thread(() =>
        {
            for (var i = 0; i < 20; i++)
            {
                together[n] = Look();
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.All(together, seen => Assert.Equal(alone, seen));

        float[] Look()
        {
            using var scope = NewDisposeScope();
            using var untracked = no_grad();
            set_num_threads(1);
            return network.Network.forward(images, sigma).data<float>().ToArray();
        }
    }

    [Fact]
    public void A_network_that_cannot_be_opened_is_tried_anew_by_the_next_who_asks()
    {
        Assert.Throws<InvalidDataException>(() => _networks.Borrow(s_node, CPU, Precision.Fp32, () => throw new InvalidDataException("torn")));
        using var network = _networks.Borrow(s_node, CPU, Precision.Fp32, Tiny);

        Assert.Equal(1, _networks.Count);
    }

    [Fact]
    public async Task A_run_that_ends_while_it_opens_a_network_leaves_it_to_those_who_wait_for_it()
    {
        using var ended = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        var first = Task.Run(() => _networks.Borrow(s_node, CPU, Precision.Fp32, () =>
        {
            begun.Set();
            ended.Wait();
            throw new OperationCanceledException();
        }));
        begun.Wait(TestContext.Current.CancellationToken);
        var second = Task.Run(() => _networks.Borrow(s_node, CPU, Precision.Fp32, Tiny));
        ended.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        using var network = await second;
        Assert.Equal(1, _networks.Count);
    }

    private static Denoiser Tiny()
    {
        using var init = new RandomStreams(7).For("tiny");
        return Denoiser.Create(s_settings, init);
    }
}
