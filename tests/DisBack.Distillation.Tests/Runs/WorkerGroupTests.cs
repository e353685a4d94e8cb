using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Tests.Hosts;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>What several workers train together is what one trains alone.</summary>
public sealed class WorkerGroupTests
{
    private static readonly OptimizerSettings s_optimizer = new() { LearningRate = 1e-4, WeightDecay = 0.01, ClipNorm = 10 };

    private static readonly RecordingSettings s_recording = new()
    {
        Steps = 6, Batch = 4, GanWeight = 0.01, Loss = LossReduction.Mean, Optimizer = s_optimizer, Nodes = new EveryInterval { Interval = 2 },
    };

    private static readonly Dmd2Settings s_backtracking = new()
    {
        Steps = 8,
        Batch = 4,
        FakeUpdatesPerGeneratorUpdate = 2,
        Generator = s_optimizer,
        Fake = s_optimizer,
        Switching = new ScoreGap { AtMost = 4 },
        CollapseThreshold = 0,
    };

    /// <summary>The oracle is the batch in parts, whose parts one worker computes one after the other: the same sums in the same order.</summary>
    [Theory]
    [InlineData("recording")]
    [InlineData("backtracking")]
    [InlineData("text recording")]
    [InlineData("text backtracking")]
    [InlineData("adapters recording")]
    [InlineData("adapters backtracking")]
    public void Two_workers_end_in_the_bits_of_one_that_computes_the_batch_in_two_parts(string stage)
    {
        using var nodes = Nodes(stage);
        using var scope = NewDisposeScope();
        var alone = Train(stage, SingleWorker.Instance, 2, nodes);
        using var sums = new SharedSums(2);
        var together = sums.Run(group => Train(stage, group, null, nodes));

        foreach (var worker in together)
        {
            Assert.Equal(alone.Losses, worker.Losses);
            Assert.Equal(alone.Progress, worker.Progress);
            Assert.Equal(alone.State.Select(tensor => tensor.Name), worker.State.Select(tensor => tensor.Name));
            Assert.All(alone.State.Zip(worker.State), pair => Assert.True(pair.First.Value.equal(pair.Second.Value).all().item<bool>(), pair.First.Name));
        }
    }

    /// <summary>And so with parts of each worker's own, and with more of them.</summary>
    [Theory]
    [InlineData(2, 2)]
    [InlineData(4, 1)]
    public void The_loss_curve_is_that_of_one_worker_with_the_whole_batch(int workers, int parts)
    {
        foreach (var stage in (string[])["recording", "backtracking", "adapters backtracking"])
        {
            using var nodes = Nodes(stage);
            using var scope = NewDisposeScope();
            var alone = Train(stage, SingleWorker.Instance, null, nodes);
            using var sums = new SharedSums(workers);
            var together = sums.Run(group => Train(stage, group, parts, nodes));

            Assert.Equal(alone.Losses.Select(point => (point.Step, point.Name)), together[^1].Losses.Select(point => (point.Step, point.Name)));
            Assert.All(
                alone.Losses.Zip(together[^1].Losses),
                pair => Assert.Equal(pair.First.Value, pair.Second.Value, 1e-5 * Math.Max(1, Math.Abs(pair.First.Value))));
        }
    }

    private static bool IsText(string stage) => stage.Contains(' ', StringComparison.Ordinal);

    private static AdapterSettings? AdaptersOf(string stage) => stage.StartsWith("adapters", StringComparison.Ordinal) ? new() { Rank = 2 } : null;

    private static MemoryNodes Nodes(string stage)
    {
        if (!IsText(stage))
        {
            return TinyNetwork.Trajectory(s_recording with { GanWeight = 0 });
        }
        var nodes = new MemoryNodes(() => AdaptersOf(stage) is { } adapters ? TinyTextNetwork.Adapt(adapters) : TinyTextNetwork.Open());
        using var run = Open($"{stage.Split(' ')[0]} recording", SingleWorker.Instance, null, nodes);
        TrainingLoop.Run(run, new CheckpointSettings(), nodes, CancellationToken.None);
        return nodes;
    }

    private static ITrainingRun Open(string stage, IWorkerGroup group, int? parts, ITrajectoryNodes nodes)
    {
        var isText = IsText(stage);
        var inputs = (isText ? TinyTextNetwork.Inputs(AdaptersOf(stage)) : TinyNetwork.Inputs()) with { Workers = group };
        IRealSamples data = isText ? TinyTextNetwork.Data() : AllHosts.Data();
        var (recording, backtracking) = isText
            ? (s_recording with { Noise = new ScaledLinearNoise() }, s_backtracking with
            {
                Noise = new ScaledLinearNoise { First = 20, Last = 980 },
                FakeNoise = new ScaledLinearNoise(),
                Guidance = new GuidanceSettings { Scale = 4 },
            })
            : (s_recording, s_backtracking);
        return stage.EndsWith("recording", StringComparison.Ordinal)
            ? new DegradationRecording(inputs, recording with { Accumulate = parts }, data: data)
            : new DistributionBacktracking(inputs, nodes, backtracking with { Accumulate = parts }, data: data);
    }

    private static Trained Train(string stage, IWorkerGroup group, int? parts, ITrajectoryNodes nodes)
    {
        // Threads of libtorch's own add up in an order that depends on their number, and this thread is new.
        set_num_threads(1);
        using var run = Open(stage, group, parts, nodes);
        var heard = new RecordingListener();
        run.Begin(heard);
        while (run.Step < run.Steps)
        {
            run.Advance(heard);
        }
        var state = run.Capture();
        return new(
            [.. run.ReadMeasurements()], [.. state.Tensors.Select(tensor => (tensor.Name, tensor.Value.clone().DetachFromDisposeScope()))], state.Progress);
    }

    private sealed record Trained(
        IReadOnlyList<Measurement> Losses, IReadOnlyList<(string Name, Tensor Value)> State, string Progress);
}
