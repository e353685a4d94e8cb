using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Tests.Hosts;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>What holds of both stages.</summary>
public sealed class StageTests
{
    private static readonly OptimizerSettings s_optimizer = new() { LearningRate = 1e-3 };
    private static readonly RecordingSettings s_recording = new()
    {
        Steps = 3, Batch = 4, Optimizer = s_optimizer, Nodes = new EveryInterval { Interval = 1 },
    };

    private static readonly DmdSettings s_backtracking = new()
    {
        Steps = 4,
        Batch = 4,
        FakeUpdatesPerGeneratorUpdate = 1,
        Generator = s_optimizer,
        Fake = s_optimizer,
        Switching = new FixedInterval { Interval = 2 },
    };

    private static readonly Dmd2Settings s_dmd2 = new()
    {
        Steps = 2, Batch = 4, FakeUpdatesPerGeneratorUpdate = 1, GanFeatures = GanFeatures.Teacher, Generator = s_optimizer, Fake = s_optimizer,
    };

    private static long LiveTensors => TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    public static TheoryData<string> Stages => ["recording", "backtracking"];

    [Theory]
    [InlineData("recording", "loss/degradation")]
    [InlineData("backtracking", "loss/fake, loss/generator, score_gap, student/std, target_index")]
    public void A_stage_has_its_name_and_its_curves(string stage, string curves)
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        using var run = Open(stage, nodes, dropout: 0);

        run.Advance(new RecordingListener());

        Assert.Equal(stage, run.Stage);
        Assert.Equal(curves, string.Join(", ", run.ReadMeasurements().Select(point => point.Name).Order(StringComparer.Ordinal)));
    }

    /// <summary>As in DMD2: a network whose file names a dropout is trained as one without.</summary>
    [Theory, MemberData(nameof(Stages)), InlineData("dmd2")]
    public void Dropout_is_off(string stage)
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        using var with = Open(stage, nodes, dropout: 0.5);
        using var without = Open(stage, nodes, dropout: 0);
        var listener = new RecordingListener();
        while (with.Step < with.Steps)
        {
            with.Advance(listener);
            without.Advance(listener);
        }

        Assert.All(with.Capture().Tensors.Zip(without.Capture().Tensors), pair => Assert.True(pair.First.Value.Equals(pair.Second.Value), pair.First.Name));
    }

    [Theory, MemberData(nameof(Stages))]
    public void A_run_that_is_disposed_of_leaves_no_tensor(string stage)
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        var before = LiveTensors;
        using (var run = Open(stage, nodes, dropout: 0))
        {
            var listener = new RecordingListener();
            while (run.Step < run.Steps)
            {
                run.Advance(listener);
            }

            run.Complete(listener);
        }

        Assert.Equal(before, LiveTensors);
    }

    private static ITrainingRun Open(string stage, ITrajectoryNodes nodes, double dropout)
    {
        var inputs = TinyNetwork.Inputs() with { OpenTeacher = OpenTeacher, OpenStudent = () => new DenoiserGenerator(OpenTeacher(), 2.5) };
        return stage switch
        {
            "recording" => new DegradationRecording(inputs, s_recording),
            "backtracking" => new DistributionBacktracking(inputs, nodes, s_backtracking),
            _ => new DistributionBacktracking(inputs, nodes, s_dmd2, data: AllHosts.Data()),
        };

        Denoiser OpenTeacher()
        {
            using var init = new RandomStreams(7).For("tiny");
            return Denoiser.Create(TinyNetwork.Settings with { Dropout = dropout }, init);
        }
    }
}
