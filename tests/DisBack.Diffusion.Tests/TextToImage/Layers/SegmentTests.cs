using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.TextToImage.Layers;

/// <summary>A network that runs its blocks again for their gradients computes what it computes otherwise, to the last bit.</summary>
public sealed class SegmentTests
{
    /// <summary>Odd sides, levels with and without attention, shortcuts, and both samplers.</summary>
    private static readonly TextUnetSettings s_settings = new()
    {
        SampleSize = 10, Levels = [new(8, 1, 0), new(16, 2, 2), new(16, 2, 1)], MiddleDepth = 1, LayersPerBlock = 1, ContextWidth = 12, PooledWidth = 6,
        TimeIdWidth = 4, NormGroups = 4,
    };

    [Theory]
    [InlineData(Precision.Fp32, 2)]
    [InlineData(Precision.Bf16, 2)]
    // So many that each thread computes a part of the batch, with graphs of its own.
    [InlineData(Precision.Fp32, 8)]
    public void Results_and_all_gradients_have_the_same_bits(Precision precision, int rows)
    {
        using var scope = NewDisposeScope();
        using var network = Open(precision);
        var (kept, recomputed) = (Passed(network, rows, recomputes: false), Passed(network, rows, recomputes: true));

        Assert.Equal(network.parameters().Count() + 3, kept.Count);
        Assert.All(kept, tensor => Assert.True(tensor.abs().max().item<float>() > 0));
        Assert.All(kept.Zip(recomputed), pair => Assert.True(pair.First.Equals(pair.Second)));
    }

    /// <summary>A network whose scales are zero says nothing, and nothing reaches its weights.</summary>
    [Fact]
    public void A_fresh_network_has_scales_of_one_and_shifts_of_zero()
    {
        using var network = Open();
        var vectors = network.named_parameters().Where(entry => entry.parameter.dim() == 1).ToList();
        Assert.All(vectors, entry => Assert.Equal(entry.name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0, entry.parameter.mean().item<float>()));
    }

    [Fact]
    public void A_frozen_network_passes_on_the_gradient_of_its_samples()
    {
        using var scope = NewDisposeScope();
        using var network = Open();
        network.parameters().ToList().ForEach(weight => weight.requires_grad_(false));
        var (kept, recomputed) = (Passed(network, 2, recomputes: false), Passed(network, 2, recomputes: true));
        Assert.Equal(3, recomputed.Count);
        Assert.All(kept.Zip(recomputed), pair => Assert.True(pair.First.Equals(pair.Second)));
    }

    [Fact]
    public void Gradients_are_added_to_those_that_are_there()
    {
        using var scope = NewDisposeScope();
        using var network = Open();
        var once = Passed(network, 2, recomputes: true);
        Passed(network, 2, recomputes: true, anew: false);
        Assert.All(once.Skip(3).Zip(network.parameters()), pair => Assert.True(pair.Second.grad!.allclose(2 * pair.First, 1e-6, 0)));
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using var network = Open();
        var left = new List<long>();
        for (var pass = 0; pass < 4; pass++)
        {
            using (var scope = NewDisposeScope())
            {
                Passed(network, 2, recomputes: true, anew: false);
            }
            left.Add(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }
        Assert.Equal(left[1], left[3]);
    }

    [Fact]
    public void Only_a_backward_pass_runs_a_segment_again()
    {
        using var scope = NewDisposeScope();
        using var counted = new Counted { IsRecomputed = true };
        var x = ones(3).requires_grad_();
        using (no_grad())
        {
            counted.forward(x);
        }
        Assert.Equal(1, counted.Calls);
        // Neither the weights of this one nor what it is given get gradients.
        counted.forward(x.detach());
        Assert.Equal(2, counted.Calls);
        var result = counted.forward(x);
        Assert.Equal(3, counted.Calls);
        result.sum().backward();
        Assert.Equal(4, counted.Calls);
        Assert.True(x.grad!.Equals(full(3, 2f)));
    }

    /// <summary>What goes into a segment stays in memory until its backward pass and no longer, whatever its caller does with it.</summary>
    [Fact]
    public void A_caller_may_dispose_of_what_it_gave()
    {
        using var scope = NewDisposeScope();
        using var counted = new Counted { IsRecomputed = true };
        var leaf = ones(3).requires_grad_();
        Tensor result;
        using (var x = leaf * 3)
        {
            result = counted.forward(x);
        }
        result.sum().backward();
        Assert.True(leaf.grad!.Equals(full(3, 18f)));
    }

    private static Denoiser Open(Precision precision = Precision.Fp32)
    {
        using var init = new Generator(3);
        var network = Denoiser.Create(s_settings, init);
        network.eval();
        network.Precision = precision;
        network.parameters().ToList().ForEach(weight => weight.requires_grad_());
        return network;
    }

    /// <summary>The result, and the gradients of the samples, of the texts and of the weights that have one.</summary>
    private static List<Tensor> Passed(Denoiser network, int rows, bool recomputes, bool anew = true)
    {
        network.CheckpointActivations = recomputes;
        if (anew)
        {
            network.zero_grad();
        }
        using var drawn = new Generator(4);
        var (x, context) = (Drawn(4, 10, 10), Drawn(7, 12));
        var condition = new EmbeddingCondition(new Dictionary<string, Tensor> { [TextDenoiser.Context] = context, [TextDenoiser.Pooled] = Drawn(6) });
        var result = network.forward(x, linspace(0.5, 3, rows), condition);
        (result * randn(result.shape, generator: drawn)).sum().backward();
        // Threads that compute parts of a batch pass on no gradients of texts.
        Tensor?[] made = [result.detach(), x.grad, context.grad ?? ones(1), .. network.parameters().Select(weight => weight.grad)];
        return [.. made.Where(tensor => tensor is not null).Select(tensor => tensor!.clone())];

        Tensor Drawn(params long[] shape) => randn([rows, .. shape], generator: drawn).requires_grad_();
    }

    private sealed class Counted() : Segment(nameof(Counted))
    {
        public int Calls { get; private set; }

        public Tensor forward(Tensor x) => Run((given, _) =>
        {
            Calls++;
            return given.square();
        }, x);
    }
}
