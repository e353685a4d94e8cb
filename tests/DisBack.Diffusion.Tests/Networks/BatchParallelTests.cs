using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Specs.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Networks;

/// <summary>A batch that is computed in parts is the same function with the same gradients, and the same bits every time.</summary>
public sealed class BatchParallelTests
{
    private static readonly SongUnetSettings s_settings = new()
    {
        ImgResolution = 14, ImgChannels = 1, LabelDim = 10, AugmentDim = 9, ModelChannels = 16, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [7],
        Dropout = 0.2,
    };

    [Theory, InlineData(1, true, true), InlineData(2, true, false), InlineData(2, false, true), InlineData(3, true, true), InlineData(3, false, false)]
    public void Parts_give_what_the_whole_gives(int parts, bool augmented, bool ofSamples)
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create();
        denoiser.eval();
        var batch = Batch(7, augmented);
        batch.X.requires_grad_(ofSamples);
        var (whole, ofWhole, samplesOfWhole) = Passed(denoiser, batch, Whole(denoiser));
        var (joined, ofJoined, samplesOfJoined) = Passed(denoiser, batch, InParts(denoiser, parts));

        Assert.True(whole.allclose(joined, 1e-5, 1e-6));
        Assert.Equal(ofWhole.Select(gradient => gradient is null), ofJoined.Select(gradient => gradient is null));
        foreach (var (expected, seen) in ofWhole.Zip(ofJoined).Where(pair => pair.First is not null))
        {
            Assert.True(expected!.allclose(seen!, 1e-4, 1e-4 * expected.abs().max().item<float>()));
        }
        Assert.Equal(ofSamples, samplesOfWhole is not null);
        Assert.Equal(ofSamples, samplesOfJoined is not null);
        Assert.True(samplesOfWhole is null || samplesOfWhole.allclose(samplesOfJoined!, 1e-4, 1e-5));
    }

    [Fact]
    public void Gradients_are_added_to_those_that_are_there()
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create();
        denoiser.eval();
        var batch = Batch(6);
        var once = Passed(denoiser, batch, InParts(denoiser, 2)).OfWeights;
        var more = Passed(denoiser, batch, InParts(denoiser, 2), anew: false).OfWeights;
        Assert.All(once.Zip(more).Where(pair => pair.First is not null), pair => Assert.True((2 * pair.First!).allclose(pair.Second!, 1e-4, 1e-4)));
    }

    [Fact]
    public void A_frozen_network_passes_the_gradient_of_its_samples_on()
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create();
        denoiser.eval();
        denoiser.parameters().ToList().ForEach(parameter => parameter.requires_grad_(false));
        var batch = Batch(6);
        batch.X.requires_grad_(true);
        var expected = Passed(denoiser, batch, Whole(denoiser));
        var seen = Passed(denoiser, batch, InParts(denoiser, 2));
        Assert.All(seen.OfWeights, Assert.Null);
        Assert.True(expected.OfSamples!.allclose(seen.OfSamples!, 1e-4, 1e-5));
    }

    [Fact]
    public void Without_gradients_there_is_no_graph()
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create();
        denoiser.eval();
        using var mode = no_grad();
        Assert.False(InParts(denoiser, 2)(Batch(6)).requires_grad);
    }

    [Fact]
    public void Equal_seeds_give_equal_bits_with_masks_of_their_own_for_every_part()
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create();
        // Equal samples in all rows: what differs comes from the masks.
        var batch = new NoisyBatch(ones(6, 1, 14, 14), ones(6), null, null);
        var (first, ofFirst, _) = Passed(denoiser, batch, InParts(denoiser, 2, seed: 1));
        var (again, ofAgain, _) = Passed(denoiser, batch, InParts(denoiser, 2, seed: 1));
        var (other, _, _) = Passed(denoiser, batch, InParts(denoiser, 2, seed: 2));
        Assert.True(first.Equals(again));
        Assert.All(ofFirst.Zip(ofAgain), pair => Assert.True(pair.First is null ? pair.Second is null : pair.First.Equals(pair.Second!)));
        Assert.False(first.Equals(other));
        Assert.False(first[0].Equals(first[3]));
    }

    [Fact]
    public void A_part_that_fails_is_an_exception_here()
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create();
        Assert.Throws<InvalidOperationException>(() => InParts(denoiser, 2)(Batch(6)));
    }

    [Fact]
    public void Steps_leave_no_tensor_behind()
    {
        using var denoiser = Create();
        denoiser.eval();
        Step();
        var before = Live();
        for (var i = 0; i < 3; i++)
        {
            Step();
        }
        Assert.Equal(before, Live());

        // Tensors are counted by the threads that make them and that dispose them.
        static long Live()
        {
            var sum = 0L;
            TorchThreads.Run(2, _ => Interlocked.Add(ref sum, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount));
            return sum;
        }

        void Step()
        {
            using var x = ones(6, 1, 14, 14).requires_grad_(true);
            using var sigma = ones(6);
            // A weight that is not used has no gradient, and that is counted and never uncounted.
            using var augmentLabels = ones(6, 9);
            using var denoised = InParts(denoiser, 2)(new NoisyBatch(x, sigma, null, augmentLabels));
            using var loss = denoised.sum();
            loss.backward();
            using var gradient = x.grad;
        }
    }

    private static Func<NoisyBatch, Tensor> Whole(Denoiser denoiser) =>
        batch => denoiser.forward(batch.X, batch.Sigma, batch.Condition, batch.AugmentLabels);

    private static Func<NoisyBatch, Tensor> InParts(Denoiser denoiser, int parts, ulong? seed = null) => batch =>
    {
        denoiser.DropoutGenerator = seed is { } given ? new Generator(given) : null;
        return BatchParallel.Estimate(batch, parts, Whole(denoiser), denoiser.parameters(), denoiser.training ? denoiser.DropoutGenerator : null);
    };

    /// <summary>The result, and the gradients of its squares.</summary>
    private static (Tensor Result, List<Tensor?> OfWeights, Tensor? OfSamples) Passed(
        Denoiser denoiser, NoisyBatch batch, Func<NoisyBatch, Tensor> pass, bool anew = true)
    {
        if (anew)
        {
            denoiser.parameters().ToList().ForEach(parameter => parameter.grad = null);
            batch.X.grad = null;
        }
        var result = pass(batch);
        result.square().sum().backward();
        return (result.detach(), [.. denoiser.parameters().Select(parameter => parameter.grad?.clone())], batch.X.grad?.clone());
    }

    private static NoisyBatch Batch(int samples, bool augmented = true)
    {
        using var generator = new Generator(3);
        return new NoisyBatch(
            randn(samples, 1, 14, 14, generator: generator),
            rand(samples, generator: generator) + 0.1,
            ClassCondition.Of(arange(samples), 10),
            augmented ? randn(samples, 9, generator: generator) : null);
    }

    private static Denoiser Create()
    {
        using var init = new Generator(1);
        var denoiser = Denoiser.Create(s_settings, init);
        // Its last layers begin near zero, and would hide most gradients.
        using var mode = no_grad();
        foreach (var parameter in denoiser.parameters())
        {
            parameter.add_(0.02);
        }
        return denoiser;
    }
}
