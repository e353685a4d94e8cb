using DisBack.Distillation.Recording;
using DisBack.Distillation.Tests.Hosts;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Recording;

/// <summary>Stage 1 as the paper means it.</summary>
public sealed class DegradationRecordingTests
{
    private static readonly RecordingSettings s_settings = new()
    {
        Steps = 10,
        Batch = 16,
        Optimizer = new OptimizerSettings { LearningRate = 2e-3 },
        Nodes = new EveryInterval { Interval = 4 },
    };

    /// <summary>At this noise a fresh network knows few samples of its student.</summary>
    private static readonly LogNormalNoise s_little = new() { Mean = -4, Std = 0.1 };

    [Fact]
    public void Node_0_is_the_exact_teacher_and_the_last_step_is_always_a_node()
    {
        using var nodes = TinyNetwork.Trajectory(s_settings);
        Assert.Equal([(0, 0L), (1, 4), (2, 8), (3, 10)], nodes.Nodes.Select(node => (node.Index, node.Step)));
        using var teacher = TinyNetwork.Open();
        using var scope = NewDisposeScope();
        Assert.All(teacher.State(), entry => Assert.True(entry.Value.equal(nodes[0][entry.Name]).all().item<bool>(), entry.Name));
    }

    [Fact]
    public void Nodes_are_copies_and_every_node_differs_from_the_one_before()
    {
        using var nodes = TinyNetwork.Trajectory(s_settings);
        for (var i = 1; i < nodes.Count; i++)
        {
            Assert.Contains(nodes[i], entry => !entry.Value.equal(nodes[i - 1][entry.Key]).all().item<bool>());
        }
    }

    /// <summary>The first moment after one step is the gradient, but for its scale.</summary>
    [Theory]
    [InlineData(LossReduction.Sum, 0)]
    [InlineData(LossReduction.Mean, 0.01)]
    public void A_batch_in_parts_gives_the_gradient_and_loss_of_the_whole(LossReduction loss, double gan)
    {
        using var scope = NewDisposeScope();
        var settings = s_settings with { Steps = 1, Loss = loss, GanWeight = gan };
        var (whole, parts) = (Stepped(settings), Stepped(settings with { Accumulate = 4 }));

        Assert.All(whole.Losses.Zip(parts.Losses, (one, other) => (one, other)), pair => Assert.Equal(pair.one, pair.other, 1e-5 * pair.one));
        Assert.InRange((whole.Moment - parts.Moment).norm().item<float>(), 0, 1e-4 * whole.Moment.norm().item<float>());

        static (List<double> Losses, Tensor Moment) Stepped(RecordingSettings settings)
        {
            using var run = new DegradationRecording(TinyNetwork.Inputs(), settings, data: settings.GanWeight > 0 ? AllHosts.Data() : null);
            run.Advance(new RecordingListener());
            var moment = run.Capture().Tensors.Single(tensor => tensor.Name == "degraded.adam.first_moment").Value;
            return ([.. run.ReadMeasurements().Select(point => point.Value)], moment.clone());
        }
    }

    [Fact]
    public void No_tensor_is_leaked_by_a_step()
    {
        using var run = TinyNetwork.Recording(s_settings with { Steps = 1000, Nodes = new EveryInterval { Interval = 1000 } });
        var listener = new RecordingListener();
        run.Advance(listener);
        run.ReadMeasurements();
        var before = TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 20; i++)
        {
            run.Advance(listener);
        }

        run.ReadMeasurements();
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData(4, 2.0, new long[] { 4, 8, 16, 32, 64 })]
    [InlineData(1, 3.0, new long[] { 1, 3, 9, 27, 81 })]
    [InlineData(10, 1.5, new long[] { 10, 15, 22, 34, 51, 76 })]
    public void Log_spaced_nodes_lie_at_first_times_powers_of_ratio(int first, double ratio, long[] expected)
    {
        var policy = new LogSpaced { First = first, Ratio = ratio };
        Assert.Equal(expected, Enumerable.Range(1, 100).Select(step => (long)step).Where(step => policy.Records(step, default)));
    }

    /// <summary>Measured from the teacher for ever, every step after the first node would be one.</summary>
    [Fact]
    public void How_far_the_weights_have_moved_is_measured_from_the_last_node()
    {
        using var nodes = TinyNetwork.Trajectory(s_settings with
        {
            Steps = 40,
            Optimizer = new OptimizerSettings { LearningRate = 2e-4 },
            Nodes = new WhenMoved { Distance = 0.005 },
        });
        var steps = nodes.Nodes.Select(node => node.Step).ToList();
        Assert.InRange(steps.Count, 4, 20);
        Assert.All(steps.Zip(steps.Skip(1)).SkipLast(1), gap => Assert.True(gap.Second - gap.First > 1, string.Join(", ", steps)));
    }

    [Fact]
    public void A_node_is_recorded_whenever_the_weights_have_moved_far_enough()
    {
        using var nodes = TinyNetwork.Trajectory(s_settings with { Nodes = new WhenMoved { Distance = 0.01 } });
        Assert.InRange(nodes.Count, 3, 10);
        for (var i = 1; i < nodes.Count - 1; i++)
        {
            Assert.True(Distance(nodes[i], nodes[i - 1]) >= 0.01);
        }
    }

    [Fact]
    public void Each_node_knows_how_far_it_is_from_the_one_before()
    {
        using var nodes = TinyNetwork.Trajectory(s_settings);
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var inputs = TinyNetwork.Inputs();
        using var network = inputs.OpenTeacher();
        network.eval();
        using var student = inputs.OpenStudent();
        var draw = inputs.DrawsFor("recording", network, student).At(0, s_settings.Noise, Math.Min(s_settings.Batch, 32), "neighbours");
        var images = student.Generate(draw.Latents, draw.Condition);
        var outputs = Enumerable.Range(0, nodes.Count).Select(OutputOf).ToList();

        Assert.Equal((double.NaN, double.NaN), nodes.Distances[0]);
        for (var i = 1; i < nodes.Count; i++)
        {
            // The files also have what is not trained and never moves.
            Assert.InRange(nodes.Distances[i].Weights / Distance(nodes[i], nodes[i - 1]), 1, 1.002);
            var change = (outputs[i] - outputs[i - 1]).abs().mean() / (images - outputs[i - 1]).abs().mean();
            Assert.Equal(change.item<float>(), nodes.Distances[i].Outputs, 1e-6);
            Assert.InRange(nodes.Distances[i].Outputs, 1e-4, 1);
        }

        Tensor OutputOf(int node)
        {
            nodes.Load(node, network);
            return network.forward(images + draw.Sigma * draw.Noise, draw.Sigma, draw.Condition);
        }
    }

    [Fact]
    public void Stage_1_ends_with_its_last_node_when_the_loss_has_stopped_falling()
    {
        // Any change counts as none, so it ends as early as it can: after three windows.
        var settings = s_settings with { Steps = 30, UntilPlateau = new LossPlateau { Window = 3, Change = 1 } };
        using var nodes = TinyNetwork.Trajectory(settings);
        Assert.Equal([(0, 0L), (1, 4), (2, 8), (3, 9)], nodes.Nodes.Select(node => (node.Index, node.Step)));
        using var falling = TinyNetwork.Trajectory(settings with { UntilPlateau = new LossPlateau { Window = 30 } });
        Assert.Equal(30, falling.Nodes[^1].Step);
    }

    [Theory]
    [InlineData(0.0, 1.0, new long[] { 0 })]
    [InlineData(1.0, 0.0, new long[] { 0, 3 })]
    [InlineData(1.0, 1.0, new long[] { 0, 4, 8, 10 })]
    public void Stage_1_ends_when_a_network_knows_the_students_samples(double enough, double least, long[] steps)
    {
        var goal = new CalibrationGoal { Enough = enough, Least = least, Every = 3 };
        using var nodes = TinyNetwork.Trajectory(s_settings with { Batch = 64, Noise = s_little, UntilCalibrated = goal });
        Assert.Equal(steps, nodes.Nodes.Select(node => node.Step));
        // Said once, where it ended stage 1.
        Assert.Equal(steps[^1] < s_settings.Steps ? [("calibrated", steps[^1])] : [], nodes.Others.Select(reached => (reached.Kind, reached.Step)));
    }

    [Fact]
    public void What_is_just_enough_ends_stage_1()
    {
        var goal = new CalibrationGoal { Enough = 1, Least = 1, Every = 3 };
        var known = Record(goal).Measurements.Where(point => point.Name == "calibration").ToDictionary(point => point.Step, point => point.Value);

        var atOnce = Record(goal with { Enough = known[0] });
        Assert.Equal(0, atOnce.Nodes[^1].Step);
        Assert.Equal(Math.Round(known[0], 3), atOnce.Others.Single().Payload!["known"]!.GetValue<double>());
        Assert.Equal(3, Record(goal with { Least = known[3] }).Nodes[^1].Step);

        static RecordingListener Record(CalibrationGoal goal)
        {
            using var nodes = TinyNetwork.Trajectory(s_settings with { Batch = 64, Noise = s_little, UntilCalibrated = goal });
            return nodes;
        }
    }

    [Fact]
    public void A_node_is_recorded_whenever_what_the_network_says_has_changed_far_enough()
    {
        var settings = s_settings with { Steps = 30, Optimizer = new OptimizerSettings { LearningRate = 5e-4 }, Nodes = new WhenChanged { Distance = 0.05 } };
        using var nodes = TinyNetwork.Trajectory(settings);
        Assert.InRange(nodes.Count, 4, 20);

        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var inputs = TinyNetwork.Inputs();
        using var network = inputs.OpenTeacher();
        network.eval();
        using var student = inputs.OpenStudent();
        var draw = inputs.DrawsFor("recording", network, student).At(0, settings.Noise, settings.Batch, "probe");
        var images = student.Generate(draw.Latents, draw.Condition);
        var outputs = Enumerable.Range(0, nodes.Count).Select(OutputOf).ToList();
        for (var i = 1; i < nodes.Count - 1; i++)
        {
            var change = (outputs[i] - outputs[i - 1]).abs().mean() / (images - outputs[i - 1]).abs().mean();
            Assert.InRange(change.item<float>(), 0.0499, 0.08);
        }

        Tensor OutputOf(int node)
        {
            nodes.Load(node, network);
            return network.forward(images + draw.Sigma * draw.Noise, draw.Sigma, draw.Condition);
        }
    }

    /// <summary>Relative L2 distance of all tensors.</summary>
    private static double Distance(IReadOnlyDictionary<string, Tensor> a, IReadOnlyDictionary<string, Tensor> b)
    {
        using var scope = NewDisposeScope();
        var moved = a.Sum(entry => (entry.Value - b[entry.Key]).square().sum().item<float>());
        return Math.Sqrt(moved / b.Sum(entry => entry.Value.square().sum().item<float>()));
    }
}
