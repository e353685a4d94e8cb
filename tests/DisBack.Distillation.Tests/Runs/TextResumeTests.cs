using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>Both stages with SDXL's denoiser, prompts, guidance and a discriminator resume in the same bits, with all weights trained and with adapters.</summary>
public sealed class TextResumeTests
{
    private static readonly AdapterSettings s_adapters = new() { Rank = 2 };

    private static readonly OptimizerSettings s_optimizer = new()
    {
        LearningRate = 1e-3, Betas = [0.9, 0.999], WeightDecay = 0.01, ClipNorm = 10, WarmupIterations = 3,
    };

    private static readonly RecordingSettings s_recording = new()
    {
        Steps = 6,
        Batch = 2,
        Loss = LossReduction.Mean,
        GanWeight = 0.01,
        Optimizer = s_optimizer,
        Noise = new ScaledLinearNoise(),
        Nodes = new EveryInterval { Interval = 2 },
    };

    private static readonly Dmd2Settings s_backtracking = new()
    {
        Steps = 8,
        Batch = 2,
        FakeUpdatesPerGeneratorUpdate = 2,
        Generator = s_optimizer,
        Fake = s_optimizer,
        Noise = new ScaledLinearNoise { First = 20, Last = 980 },
        FakeNoise = new ScaledLinearNoise(),
        Guidance = new GuidanceSettings { Scale = 4 },
        Switching = new FixedInterval { Interval = 2 },
        CollapseThreshold = 0,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_resumed_recording_ends_in_the_same_bits_and_nodes(bool adapts) => ResumeTests.AssertResumes(() => Record(adapts), 1, 3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_resumed_backtracking_ends_in_the_same_bits(bool adapts)
    {
        using var nodes = Trajectory(adapts);
        ResumeTests.AssertResumes(() => Backtrack(adapts, nodes), 1, 4, 5);
    }

    /// <summary>A node of adapters is two matrices for each layer, and node 0 is the teacher itself.</summary>
    [Fact]
    public void The_first_node_of_adapters_is_the_teacher_and_the_last_is_not()
    {
        using var nodes = Trajectory(adapts: true);
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var teacher = TinyTextNetwork.Open();
        var (x, sigma) = (ones(1, 4, 8, 8), ones(1));
        var expected = teacher.forward(x, sigma);

        Assert.True(Says(0).equal(expected).all().item<bool>());
        Assert.False(Says(nodes.Count - 1).allclose(expected, atol: 1e-4));

        Tensor Says(int index)
        {
            using var node = nodes.Borrow(index);
            return node.Network.forward(x, sigma);
        }
    }

    private static DegradationRecording Record(bool adapts) => new(Inputs(adapts), s_recording, data: TinyTextNetwork.Data());

    private static DistributionBacktracking Backtrack(bool adapts, ITrajectoryNodes nodes) =>
        new(Inputs(adapts), nodes, s_backtracking, data: TinyTextNetwork.Data());

    private static StageInputs Inputs(bool adapts) => TinyTextNetwork.Inputs(adapts ? s_adapters : null);

    private static MemoryNodes Trajectory(bool adapts)
    {
        var nodes = new MemoryNodes(() => adapts ? TinyTextNetwork.Adapt(s_adapters) : TinyTextNetwork.Open());
        using var recording = Record(adapts);
        Assert.True(TrainingLoop.Run(recording, new CheckpointSettings(), nodes, CancellationToken.None));
        return nodes;
    }
}
