using DisBack.Diffusion.Metrics;
using DisBack.Diffusion.Networks;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Backtracking;

/// <summary>What stage 2 gives its host, and when it evaluates the student.</summary>
public sealed class DistributionBacktrackingTests
{
    private static readonly RecordingSettings s_recording = new() { Steps = 4, Batch = 4, Nodes = new EveryInterval { Interval = 1 } };
    private static readonly DmdSettings s_settings = new() { Steps = 8, Batch = 4 };

    public static TheoryData<SwitchingPolicy, double[]> Scales => new()
    {
        { new Never(), [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5] },
        { new Interpolated { Interval = 2 }, [1.5, 1.75, 2, 2.25, 2.5, 2.75, 3, 3] },
    };

    /// <summary>None at the last of five nodes, the scale that is set at the teacher, and between two nodes what lies between.</summary>
    [Theory, MemberData(nameof(Scales), DisableDiscoveryEnumeration = true)]
    public void Guidance_rises_with_the_target_from_the_last_node_to_the_teacher(SwitchingPolicy switching, double[] scales)
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        Assert.Equal(5, nodes.Count);
        var settings = s_settings with { Switching = switching };

        Assert.Equal(scales, Run(nodes, settings with { Guidance = new GuidanceSettings { Scale = 3 } }).Targets.Select(target => target.Guidance));
        Assert.All(Run(nodes, settings).Targets, target => Assert.Equal(1, target.Guidance));
    }

    [Fact]
    public void The_host_is_given_the_node_itself_unless_the_policy_interpolates()
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        var lender = new Lender(nodes);

        var nodesThemselves = Run(lender, s_settings with { Switching = new FixedInterval { Interval = 2 } });
        var between = Run(nodes, s_settings with { Switching = new Interpolated { Interval = 2 } });

        Assert.All(nodesThemselves.Targets, target => Assert.Contains(target.Network, lender.Lent));
        var name = nodes[0].Keys.First();
        using var scope = NewDisposeScope();
        Assert.True(between.Weights[0].allclose(nodes[3][name]));
        Assert.True(between.Weights[1].allclose((nodes[3][name] + nodes[2][name]) / 2));
        Assert.False(between.Weights[1].equal(between.Weights[0]).all().item<bool>());
    }

    /// <summary>The step counts, and the strips of an evaluation are part of the state.</summary>
    [Fact]
    public void A_captured_state_is_waited_for_even_where_the_host_changes_nothing()
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        using var run = Open(nodes, s_settings, new Witness(1));
        var waited = 0;
        run.Hold(() => waited++);

        run.Advance(new RecordingListener());

        Assert.Equal(1, waited);
    }

    /// <summary>Reading it would wait for the device in every iteration of what is most of a run. Of two numbers none can be read.</summary>
    [Fact]
    public void The_gap_to_the_teacher_is_not_read()
    {
        using var nodes = TinyNetwork.Trajectory(s_recording with { Steps = 0 });
        using var run = Open(nodes, s_settings, new Witness(1, 2));

        run.Advance(new RecordingListener());

        Assert.Equal((1, 0), (run.Step, run.TargetIndex));
    }

    /// <summary>The losses of a host may be finite all the same.</summary>
    [Fact]
    public void Images_that_are_not_finite_name_the_generator()
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        using var run = Open(nodes, s_settings, new Witness(1) { Pixels = [float.NaN] });
        run.Advance(new RecordingListener());

        var error = Assert.Throws<TrainingFailedException>(run.ReadMeasurements);

        Assert.Equal(TrainingFailure.NonFinite, error.Cause);
        Assert.Contains("of the generator became NaN at step 1;", error.Message);
    }

    [Fact]
    public void The_spread_of_a_batch_is_the_standard_deviation_of_its_images_in_each_pixel()
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        using var run = Open(nodes, s_settings, new Witness(1) { Pixels = [0, 2] });
        run.Advance(new RecordingListener());

        Assert.Equal(1, run.ReadMeasurements().Single(point => point.Name == "student/std").Value);
    }

    /// <summary>It costs two forwards, and at the teacher nothing is decided from it, unless a step back may be.</summary>
    [Fact]
    public void Nodes_are_compared_against_the_teacher_only_where_a_step_back_may_follow()
    {
        Assert.Empty(Compared(new NodeGap()));
        Assert.NotEmpty(Compared(new Calibrated { Keep = 0.1 }));

        static IEnumerable<Measurement> Compared(SwitchingPolicy switching)
        {
            using var nodes = TinyNetwork.Trajectory(s_recording with { Steps = 0 });
            using var run = Open(nodes, s_settings with { Switching = switching }, new Witness(1));
            var listener = new RecordingListener();
            run.Advance(listener);
            return listener.Measurements.Where(measured => measured.Name == "next_calibration");
        }
    }

    [Fact]
    public void The_student_is_evaluated_untrained_on_the_way_and_at_the_end_and_drawn_at_every_switch()
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        var settings = s_settings with { Steps = 4, Switching = new ScoreGap { Ratio = 0, AtMost = 3 } };
        using var whole = OpenEvaluated(nodes, settings);
        var listener = new RecordingListener();
        Assert.True(TrainingLoop.Run(whole, new CheckpointSettings { Every = 3 }, listener, CancellationToken.None));

        Assert.Equal([("fid", 0L), ("fid/quick", 2), ("fid", 4)], Distances(listener));
        Assert.Equal(
            ["strips/0000000.png", "strips/0000003.png", "strips/0000004.png", "student.safetensors", "samples.png"],
            listener.Artifacts.Select(artifact => artifact.Key));
        Assert.Equal(["strip 0000000/untrained", "strip 0000003/target 3 reached", "strip 0000004/student"], Strips(whole).Select(strip => strip.Name));

        using var resumed = OpenEvaluated(nodes, settings);
        resumed.Restore(listener.Checkpoints.First(checkpoint => checkpoint.Step == 3).State);
        var rest = new RecordingListener();
        Assert.True(TrainingLoop.Run(resumed, new CheckpointSettings(), rest, CancellationToken.None));
        Assert.Equal([("fid", 4L)], Distances(rest));
        foreach (var ((name, value), (other, same)) in Strips(whole).Zip(Strips(resumed)))
        {
            Assert.Equal(name, other);
            Assert.True(value.equal(same).all().item<bool>(), name);
        }
    }

    [Fact]
    public void A_step_back_is_drawn_as_a_target_that_was_lost()
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        // At little noise no node knows all samples of the student, which hardly moves.
        using var run = OpenEvaluated(nodes, s_settings with
        {
            Batch = 64,
            Generator = new OptimizerSettings { LearningRate = 1e-9 },
            Noise = new LogNormalNoise { Mean = -4, Std = 0.1 },
            Switching = new Calibrated { Least = 0, Keep = 1, Every = 1 },
        });
        var listener = new RecordingListener();
        while (listener.Switches.Count < 2)
        {
            run.Advance(listener);
        }

        Assert.Equal([(3, 2), (2, 3)], listener.Switches.Select(change => (change.From, change.To)));
        Assert.Equal(["target 3 reached", "target 2 lost"], Strips(run).Select(strip => strip.Name.Split('/')[1]));
    }

    private static Witness Run(ITrajectoryNodes nodes, BacktrackingSettings settings)
    {
        var host = new Witness(1);
        using var run = Open(nodes, settings, host);
        while (run.Step < run.Steps)
        {
            run.Advance(new RecordingListener());
        }
        return host;
    }

    private static DistributionBacktracking Open(ITrajectoryNodes nodes, BacktrackingSettings settings, Witness host) =>
        new(TinyNetwork.Inputs(), nodes, settings, evaluation: null, data: null, _ => host);

    private static DistributionBacktracking OpenEvaluated(ITrajectoryNodes nodes, BacktrackingSettings settings)
    {
        var inputs = TinyNetwork.Inputs();
        var evaluation = new EvaluationSettings { Every = 2, Samples = 20, FinalSamples = 20, Reference = new DatasetSettings { Resolution = 8 } };
        return new(inputs, nodes, settings, new StudentEvaluation(inputs, evaluation, new ReferenceCache()));
    }

    private static IEnumerable<(string Name, long Step)> Distances(RecordingListener listener) =>
        listener.Measurements.Where(point => point.Name.StartsWith("fid", StringComparison.Ordinal)).Select(point => (point.Name, point.Step));

    private static IEnumerable<(string Name, Tensor Value)> Strips(DistributionBacktracking run) =>
        run.Capture().Tensors.Where(tensor => tensor.Name.StartsWith("strip ", StringComparison.Ordinal));

    /// <summary>A host that changes nothing and keeps what it is given.</summary>
    private sealed class Witness(params float[] gap) : IDistillationHost
    {
        /// <summary>All pixels of each of its images.</summary>
        public float[] Pixels { get; init; } = [1];

        public List<TargetScore> Targets { get; } = [];

        /// <summary>The first weights of each target as they were.</summary>
        public List<Tensor> Weights { get; } = [];

        public IEnumerable<(string Name, Tensor Value)> State => [];

        public IReadOnlyDictionary<string, long> Counters
        {
            get => new Dictionary<string, long>();
            set
            {
                // It counts nothing.
            }
        }

        public IReadOnlyDictionary<string, string> Losses { get; } = new Dictionary<string, string>();

        public HostStep Iterate(long iteration, TargetScore target)
        {
            Targets.Add(target);
            Weights.Add(target.Network.State().First().Value.clone().DetachFromDisposeScope());
            return new HostStep([], new GeneratorStep(tensor(Pixels).reshape(-1, 1, 1, 1).expand(-1, 1, 8, 8), gap.Length == 1 ? tensor(gap[0]) : tensor(gap)));
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Keeps the networks that were lent.</summary>
    private sealed class Lender(ITrajectoryNodes nodes) : ITrajectoryNodes
    {
        public List<Denoiser> Lent { get; } = [];

        public int Count => nodes.Count;

        public void Load(int index, Denoiser network) => nodes.Load(index, network);

        public BorrowedNetwork Borrow(int index)
        {
            var borrowed = nodes.Borrow(index);
            Lent.Add(borrowed.Network);
            return borrowed;
        }

        public void Prefetch(int index) => nodes.Prefetch(index);
    }
}
