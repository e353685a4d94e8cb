using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Teachers;
using DisBack.Distillation.Tests.Hosts;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>Capturing a run at any step and restoring it into a new object gives the uninterrupted run, bit for bit.</summary>
public sealed class ResumeTests
{
    private static readonly DmdSettings s_backtracking = new()
    {
        Steps = 12,
        Batch = 4,
        FakeUpdatesPerGeneratorUpdate = 2,
        Generator = new OptimizerSettings { LearningRate = 1e-3, RampSteps = 4, CooldownFraction = 0.5 },
        Fake = new OptimizerSettings { LearningRate = 1e-3, Betas = [0.9, 0.999], ClipNorm = 10 },
        Switching = new ScoreGap { Ratio = 0.9, AtMost = 4 },
    };

    private static readonly RecordingSettings s_recording = new()
    {
        Steps = 9,
        Batch = 4,
        Optimizer = new OptimizerSettings { LearningRate = 1e-3 },
        Nodes = new WhenMoved { Distance = 0.01 },
    };

    [Fact]
    public void A_resumed_backtracking_ends_in_the_same_bits()
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 4, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        AssertResumes(() => TinyNetwork.Backtracking(s_backtracking, nodes), 1, 5, 6, 11);
    }

    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(0.6, 0.5)]
    [InlineData(1.0, 1.0)]
    public void A_backtracking_that_follows_calibration_resumes_in_the_same_bits(double least, double keep)
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 4, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        var settings = s_backtracking with { Batch = 16, Switching = new Calibrated { Least = least, Keep = keep, Every = 2 } };
        AssertResumes(() => TinyNetwork.Backtracking(settings, nodes), 1, 4, 9);
    }

    [Theory, MemberData(nameof(AllHosts.Rows), MemberType = typeof(AllHosts), DisableDiscoveryEnumeration = true)]
    public void Every_host_resumes_in_the_same_bits(BacktrackingSettings host)
    {
        var settings = host with { Steps = 7, Switching = new FixedInterval { Interval = 2 } };
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 3, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        AssertResumes(() => TinyNetwork.Backtracking(settings, nodes, data: AllHosts.Data()), 1, 2, 5);
    }

    [Fact]
    public void Diff_instruct_as_it_was_published_resumes_in_the_same_bits()
    {
        using var nodes = TinyNetwork.Trajectory(
            new RecordingSettings { Steps = 3, Batch = 4, Nodes = new EveryInterval { Interval = 1 } }, network: TinyNetwork.Dropping);
        AssertResumes(() => new DistributionBacktracking(TinyNetwork.Inputs(settings: TinyNetwork.Dropping), nodes, AllHosts.Published), 1, 4, 6);
    }

    [Fact]
    public void A_student_of_several_steps_resumes_in_the_same_bits()
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 3, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        AssertResumes(() => new DistributionBacktracking(TinyNetwork.Inputs(renoiseSigmas: [0.8, 0.2]), nodes, s_backtracking), 1, 5, 9);
    }

    public static TheoryData<RecordingSettings> Recordings =>
    [
        s_recording,
        s_recording with { Optimizer = s_recording.Optimizer with { Moments = MomentType.Bfloat16 } },
        s_recording with { Optimizer = s_recording.Optimizer with { Moments = MomentType.Int8 } },
        s_recording with { Nodes = new WhenChanged { Distance = 0.01 } },
        s_recording with { Steps = 30, UntilPlateau = new LossPlateau { Window = 3, Change = 1 } },
        s_recording with
        {
            Steps = 30, Batch = 32, Noise = new LogNormalNoise { Mean = -4, Std = 0.1 }, UntilCalibrated = new() { Enough = 1, Least = 0, Every = 9 },
        },
    ];

    [Theory, MemberData(nameof(Recordings), DisableDiscoveryEnumeration = true)]
    public void A_resumed_recording_ends_in_the_same_bits_and_nodes(RecordingSettings settings) =>
        AssertResumes(() => TinyNetwork.Recording(settings), 1, 4, 8);

    /// <summary>It may be interrupted after its last checkpoint and before its trajectory is complete.</summary>
    [Theory, MemberData(nameof(Recordings), DisableDiscoveryEnumeration = true)]
    public void A_recording_that_has_ended_trains_no_further_when_it_is_resumed(RecordingSettings settings)
    {
        using var ended = TinyNetwork.Recording(settings);
        var listener = new RecordingListener();
        Assert.True(TrainingLoop.Run(ended, new CheckpointSettings(), listener, CancellationToken.None));

        using var resumed = TinyNetwork.Recording(settings);
        resumed.Restore(listener.Checkpoints[^1].State);

        Assert.Equal((ended.Step, ended.Step), (resumed.Step, resumed.Steps));
    }

    /// <summary>The network that they are of is gone.</summary>
    [Fact]
    public void A_resumed_recording_compares_with_the_outputs_of_its_newest_node()
    {
        var everyFour = new RecordingListener();
        using var measured = TinyNetwork.Recording(s_recording with { Steps = 12, Nodes = new EveryInterval { Interval = 4 } });
        Assert.True(TrainingLoop.Run(measured, new CheckpointSettings(), everyFour, CancellationToken.None));
        var settings = s_recording with { Steps = 12, Nodes = new WhenChanged { Distance = 0.8 * everyFour.Distances[1].Outputs } };
        var whole = new RecordingListener();
        using var uninterrupted = TinyNetwork.Recording(settings);
        Assert.True(TrainingLoop.Run(uninterrupted, new CheckpointSettings { Every = 1 }, whole, CancellationToken.None));
        var newest = whole.Nodes[1].Step;
        // The teacher is that far away all the time.
        Assert.True(whole.Nodes[2].Step > newest + 1);

        var rest = new RecordingListener();
        using var resumed = TinyNetwork.Recording(settings);
        resumed.Restore(whole.Checkpoints.First(checkpoint => checkpoint.Step == newest).State);
        Assert.True(TrainingLoop.Run(resumed, new CheckpointSettings(), rest, CancellationToken.None));

        Assert.Equal(whole.Nodes.Skip(2), rest.Nodes);
    }

    [Fact]
    public void A_resumed_teacher_ends_in_the_same_bits_with_everything_random_that_there_is()
    {
        using var data = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits, Resolution = 8 });
        var network = TinyNetwork.Settings with { LabelDim = 10, AugmentDim = AugmentationSettings.LabelLength, Dropout = 0.1, LabelDropout = 0.1 };
        var settings = new TeacherTrainingSettings { Steps = 7, Batch = 6, Accumulate = 3, Augmentation = new AugmentationSettings { Probability = 0.5 } };
        AssertResumes(() => new TeacherTraining(network, data, settings, new RandomStreams(1), CPU), 1, 4, 6);
    }

    [Fact]
    public void A_checkpoint_of_another_network_is_refused_by_the_name_of_its_tensor()
    {
        using var run = TinyNetwork.Recording(s_recording);
        var state = run.Capture();
        var error = Assert.Throws<DisBackException>(() => run.Restore(state with { Tensors = [.. state.Tensors.Skip(1)] }));
        Assert.Contains("degraded.weights", error.Message, StringComparison.Ordinal);

        using var small = zeros(3);
        error = Assert.Throws<DisBackException>(() => run.Restore(state with { Tensors = [("degraded.weights", small), .. state.Tensors.Skip(1)] }));
        Assert.Contains("degraded.weights", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Each interruption is a step after which another object goes on from the checkpoint.</summary>
    internal static void AssertResumes(Func<ITrainingRun> open, params int[] interruptions)
    {
        var whole = new RecordingListener();
        using var uninterrupted = open();
        Assert.True(TrainingLoop.Run(uninterrupted, new CheckpointSettings { Every = 1 }, whole, CancellationToken.None));
        var expected = uninterrupted.Capture();

        foreach (var interruption in interruptions)
        {
            var rest = new RecordingListener { WantsMore = true };
            using var resumed = open();
            resumed.Restore(whole.Checkpoints.First(checkpoint => checkpoint.Step == interruption).State);
            Assert.Equal(interruption, resumed.Step);
            Assert.True(TrainingLoop.Run(resumed, new CheckpointSettings { Every = 1000 }, rest, CancellationToken.None));

            // After every other step, and at the end.
            Assert.Equal(
                Enumerable.Range(1, (int)resumed.Steps - interruption).Where(made => made % 2 == 0 || interruption + made == resumed.Steps)
                    .Select(made => interruption + made),
                rest.Checkpoints.Select(checkpoint => (int)checkpoint.Step));
            var actual = resumed.Capture();
            Assert.Equal(expected.Progress, actual.Progress);
            foreach (var ((name, value), (_, other)) in expected.Tensors.Zip(actual.Tensors))
            {
                Assert.True(value.equal(other).all().item<bool>(), $"{name}, interrupted after step {interruption}");
            }

            Assert.Equal(whole.Measurements.Where(point => point.Step > interruption && point.Name.StartsWith("loss", StringComparison.Ordinal)),
                rest.Measurements.Where(point => point.Name.StartsWith("loss", StringComparison.Ordinal)));
            Assert.Equal(whole.Switches.Where(change => change.Step > interruption), rest.Switches);
            Assert.Equal(whole.Nodes.Where(node => node.Step > interruption), rest.Nodes);
            // A picture of a node that was recorded before is there already.
            var before = whole.Nodes.Where(node => node.Step <= interruption).Select(node => DegradationRecording.PictureOf(node.Index));
            Assert.Equal(whole.Artifacts.Keys.Except(before).Order(), rest.Artifacts.Keys.Order());
            Assert.All(rest.Artifacts, made => Assert.Equal(whole.Artifacts[made.Key], made.Value));
        }
    }
}
