using DisBack.Diffusion.Networks;
using DisBack.Specs.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Networks;

/// <summary>Masks are a pure function of seeds, layer and place, whichever network drops by them, and look random.</summary>
public sealed class SeededDropoutTests
{
    private const double Probability = 0.25;

    private static readonly SongUnetSettings s_settings = new()
    {
        ImgResolution = 14, ImgChannels = 1, AugmentDim = 9, ModelChannels = 16, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [7], Dropout = 0.2,
    };

    /// <summary>One less the probability is kept, and 64 samples, 3 layers and neighbours at several distances agree as often as independent ones do.</summary>
    [Fact]
    public void Masks_of_samples_layers_and_places_are_independent()
    {
        using var scope = NewDisposeScope();
        using var dropout = new SeededDropout(Seeds(1, 64));
        var layers = Enumerable.Range(0, 3).Select(_ => dropout.NextMask(Probability, [64, 8, 16, 16]).view(64, -1).to(float64)).ToList();
        var centred = stack([.. layers.Select(mask => mask - (1 - Probability))]).view(3 * 64, -1);
        var places = centred.shape[1];
        var variance = Probability * (1 - Probability);

        // Five standard deviations of a mean of independent draws.
        Assert.InRange(centred.mean().item<double>(), -5 * Math.Sqrt(variance / (3 * 64 * places)), 5 * Math.Sqrt(variance / (3 * 64 * places)));
        Assert.InRange(centred.mean([1]).abs().max().item<double>(), 0, 5 * Math.Sqrt(variance / places));
        var correlations = centred.matmul(centred.t()) / places / variance;
        Assert.InRange((correlations - eye(3 * 64, dtype: float64)).abs().max().item<double>(), 0, 0.12);
        foreach (var distance in new[] { 1L, 2, 16, 256 })
        {
            var neighbours = (centred.narrow(1, 0, places - distance) * centred.narrow(1, distance, places - distance)).mean().item<double>() / variance;
            Assert.InRange(neighbours, -0.01, 0.01);
        }
    }

    /// <summary>Stored runs go on by them, so they stay what they are, and are so on every device.</summary>
    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    public void Masks_are_those_of_the_mixed_seeds_and_places(string name)
    {
        Assert.SkipUnless(name == "cpu" || cuda.is_available(), "This machine has no CUDA device.");
        using var scope = NewDisposeScope();
        var seeds = Seeds(2, 3);
        var expected = new float[2, 3, 20];
        for (var layer = 0; layer < 2; layer++)
        {
            for (var sample = 0; sample < 3; sample++)
            {
                var ofSample = Mixed(unchecked((ulong)seeds[sample].item<long>() + (ulong)(layer + 1) * 0x9E3779B97F4A7C15));
                for (var place = 0; place < 20; place++)
                {
                    expected[layer, sample, place] = (long)Mixed(ofSample ^ Mixed((ulong)place)) < (long)((0.5 - Probability) * Math.Pow(2, 64)) ? 1 : 0;
                }
            }
        }

        using var dropout = new SeededDropout(seeds.SentTo(Devices.Open(name)));
        Tensor[] masks = [dropout.NextMask(Probability, [3, 5, 2, 2]), dropout.NextMask(Probability, [3, 5, 2, 2])];
        Assert.True(stack(masks).view(2, 3, 20).cpu().Equals(tensor(expected)));

        static ulong Mixed(ulong number)
        {
            var mixed = unchecked(number * 0xBF58476D1CE4E5B9);
            return unchecked((mixed ^ (ulong)((long)mixed >> 32)) * 0x94D049BB133111EB);
        }
    }

    [Fact]
    public void Every_network_drops_the_same_by_the_same_seeds_whatever_its_mode()
    {
        using var scope = NewDisposeScope();
        using Denoiser evaluated = Create(), trained = Create();
        evaluated.eval();
        var whole = Ask(evaluated);

        var dropped = Dropped(evaluated, 1);
        Assert.False(dropped.Equals(whole));
        Assert.True(dropped.Equals(Dropped(trained, 1)));
        Assert.False(dropped.Equals(Dropped(evaluated, 2)));
        using (new SeededDropout(Seeds(1, 6)))
        {
            // Each call begins with the first layer, after another one too.
            _ = evaluated.Features(ones(6, 1, 14, 14), ones(6));
            Assert.True(dropped.Equals(Ask(trained)));
        }

        Assert.False(evaluated.training);
        Assert.True(whole.Equals(Ask(evaluated)));
    }

    [Fact]
    public void A_network_that_another_thread_asks_at_the_same_time_is_not_disturbed()
    {
        using var scope = NewDisposeScope();
        using var shared = Create();
        shared.eval();
        var (whole, dropped) = (Ask(shared), Dropped(shared, 1));
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, thread =>
        {
            for (var i = 0; i < 3; i++)
            {
                using var own = NewDisposeScope();
                using var still = no_grad();
                Assert.True((thread % 2 == 0 ? whole : dropped).allclose(thread % 2 == 0 ? Ask(shared) : Dropped(shared, 1), 1e-5, 1e-6));
            }
        });
    }

    /// <summary>A mask does not know how many threads share a batch.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Parts_of_a_batch_drop_what_the_whole_drops(int parts)
    {
        using var scope = NewDisposeScope();
        using var network = Create();
        network.eval();
        using var generator = new Generator(3);
        var batch = new NoisyBatch(randn([7, 1, 14, 14], generator: generator), rand(7, generator: generator) + 0.1, null, null);
        using var dropout = new SeededDropout(Seeds(1, 7));
        var (whole, ofWhole) = Passed(Whole);
        var (joined, ofJoined) = Passed(given => BatchParallel.Estimate(given, parts, Whole, network.parameters(), masks: null));
        Assert.True(whole.allclose(joined, 1e-5, 1e-6));
        Assert.All(ofWhole.Zip(ofJoined), pair => Assert.True(pair.First.allclose(pair.Second, 1e-4, 1e-4 * pair.First.abs().max().item<float>())));

        Tensor Whole(NoisyBatch given) => network.forward(given.X, given.Sigma);

        (Tensor Result, List<Tensor> Gradients) Passed(Func<NoisyBatch, Tensor> pass)
        {
            network.parameters().ToList().ForEach(parameter => parameter.grad = null);
            var result = pass(batch);
            result.square().sum().backward();
            return (result.detach(), [.. network.parameters().Where(parameter => parameter.grad is not null).Select(parameter => parameter.grad!.clone())]);
        }
    }

    [Fact]
    public void Masks_leave_no_tensor_behind()
    {
        using var seeds = Seeds(1, 6);
        using var dropout = new SeededDropout(seeds);
        dropout.NextMask(Probability, [6, 4]).Dispose();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        dropout.NextMask(Probability, [6, 4]).Dispose();
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static Tensor Ask(Denoiser network)
    {
        using var still = no_grad();
        return network.forward(ones(6, 1, 14, 14), ones(6));
    }

    private static Tensor Dropped(Denoiser network, ulong seed)
    {
        using var dropout = new SeededDropout(Seeds(seed, 6));
        return Ask(network);
    }

    private static Tensor Seeds(ulong seed, long count)
    {
        using var generator = new Generator(seed);
        return randint(long.MaxValue, [count], int64, generator: generator);
    }

    private static Denoiser Create()
    {
        using var init = new Generator(1);
        var network = Denoiser.Create(s_settings, init);
        // Its last layers begin near zero, and would hide what is dropped.
        using var still = no_grad();
        foreach (var parameter in network.parameters())
        {
            parameter.add_(0.05);
        }
        return network;
    }
}
