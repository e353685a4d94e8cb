using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Backtracking;

/// <summary>When the target changes, and that it walks towards the teacher, unless a policy takes a step back.</summary>
public sealed class SwitchingPolicyTests
{
    private static readonly DmdSettings s_settings = new()
    {
        Steps = 12,
        Batch = 4,
        Generator = new OptimizerSettings { LearningRate = 1e-4 },
        Fake = new OptimizerSettings { LearningRate = 1e-4 },
    };

    [Fact]
    public void A_fixed_interval_walks_node_by_node_and_stays_at_the_teacher()
    {
        var (switches, end) = Walk(new FixedInterval { Interval = 2 });
        Assert.Equal([(3L, 3, 2), (5, 2, 1), (7, 1, 0)], switches.Select(change => (change.Step, change.From, change.To)));
        Assert.Equal(0, end);
    }

    [Fact]
    public void Never_keeps_the_node_before_the_last()
    {
        var (switches, end) = Walk(new Never());
        Assert.Empty(switches);
        Assert.Equal(3, end);
    }

    [Fact]
    public void A_score_gap_switches_after_at_most_its_limit()
    {
        var (switches, _) = Walk(new ScoreGap { Ratio = 0, AtMost = 3 });
        Assert.Equal([3L, 6, 9], switches.Select(change => change.Step));
    }

    [Fact]
    public void A_score_gap_switches_once_it_has_closed_and_not_before_the_warm_up()
    {
        var policy = new ScoreGap { Ratio = 0.5, AtMost = 1000 };
        Assert.Equal([(9L, true)], Decisions(policy, Enumerable.Range(0, 10).Select(i => i < 6 ? 1.0 : 0.0)).Where(decision => decision.Switches));
        Assert.DoesNotContain(Decisions(policy, [1.0, 0.1, 0.01, 0.0, 0.0]), decision => decision.Switches);
    }

    [Fact]
    public void A_score_gap_that_rises_first_has_closed_when_it_is_a_part_of_its_peak()
    {
        var policy = new ScoreGap { Ratio = 0.5, AtMost = 1000 };
        var gaps = Enumerable.Range(0, 40).Select(i => i < 10 ? 1.0 : i < 25 ? 4.0 : 1.5).ToList();

        var first = Decisions(policy, gaps).First(decision => decision.Switches);

        // The average was never under the gap it began with.
        Assert.InRange(first.Iteration, 26, 39);
    }

    [Fact]
    public void A_plateau_switches_when_the_gap_has_stopped_falling()
    {
        var falling = Enumerable.Range(0, 30).Select(i => Math.Pow(0.9, i));
        Assert.DoesNotContain(Decisions(new Plateau { Patience = 5 }, falling), decision => decision.Switches);
        var first = Decisions(new Plateau { Patience = 5 }, falling.Concat(Enumerable.Repeat(0.05, 40))).First(decision => decision.Switches);
        Assert.InRange(first.Iteration, 30, 69);
    }

    [Fact]
    public void A_node_is_left_when_the_student_is_as_near_to_it_as_the_next_node()
    {
        var falling = Enumerable.Range(0, 40).Select(i => 1.0 - 0.02 * i).ToList();
        var tracker = default(GapTracker).Comparing(new NodeComparison(0.6, 0.9, 0.2));
        var first = falling.Select((gap, i) => (tracker = tracker.After(i, gap)).State).First(state => new NodeGap { AtMost = 100 }.Switches(state));
        Assert.InRange(first.Gap, 0.58, 0.6);
        Assert.Equal(0.6, first.NextGap);
        Assert.Equal(0, tracker.Restarted().State.NextGap);
        Assert.Equal(3, falling.Select((gap, i) => (tracker = (i == 0 ? default : tracker).After(i, gap)).State)
            .First(state => new NodeGap { AtMost = 3 }.Switches(state)).SinceSwitch);
    }

    [Fact]
    public void A_calibrated_target_comes_when_it_knows_the_student_and_goes_when_it_has_lost_it()
    {
        var policy = new Calibrated { Least = 0.5, Keep = 0.2, AtMost = 9 };
        Assert.False(policy.Switches(State(0.9, 0.49)));
        Assert.True(policy.Switches(State(0.9, 0.5)));
        Assert.True(policy.Switches(State(0.9, 0.1) with { SinceSwitch = 9 }));
        Assert.False(policy.Returns(State(0.2, 0)));
        Assert.True(policy.Returns(State(0.19, 0)));
        Assert.False((policy with { Keep = 0 }).MayReturn);
        Assert.Equal(default, default(GapTracker).Comparing(new NodeComparison(0.3, 0.9, 0.5)).Restarted().State);

        static SwitchingState State(double calibration, double next) => default(GapTracker).Comparing(new NodeComparison(0.3, calibration, next)).State;
    }

    /// <summary>Whatever is asked for, the student ends at the teacher or at its first target, and passes every node between.</summary>
    [Theory]
    [InlineData(0.0, 0.0, new[] { 2, 1, 0, 0, 0, 0, 0, 0 })]
    [InlineData(1.0, 0.0, new[] { 3, 3, 3, 3, 3, 3, 3, 3 })]
    [InlineData(0.0, 1.0, new[] { 2, 3, 2, 3, 2, 3, 2, 3 })]
    public void The_target_stays_between_the_first_one_and_the_teacher(double least, double keep, int[] targets)
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 4, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        // Little noise, at which a fresh network knows few of the samples, and a student that stays as it is.
        var still = new OptimizerSettings { LearningRate = 1e-9 };
        var settings = new DmdSettings
        {
            Steps = targets.Length,
            Batch = 64,
            Generator = still,
            Fake = still,
            Noise = new LogNormalNoise { Mean = -4, Std = 0.1 },
            Switching = new Calibrated { Least = least, Keep = keep, Every = 1 },
        };
        using var run = TinyNetwork.Backtracking(settings, nodes);
        var listener = new RecordingListener();
        List<int> seen = [];
        while (run.Step < run.Steps)
        {
            run.Advance(listener);
            seen.Add(run.TargetIndex);
        }
        Assert.Equal(targets, seen);
    }

    [Fact]
    public void A_node_that_asks_for_next_to_nothing_is_skipped_under_every_policy()
    {
        SwitchingPolicy[] policies =
            [new Never(), new FixedInterval { Interval = 5 }, new ScoreGap(), new Plateau(), new Interpolated(), new NodeGap(), new Calibrated()];
        foreach (var policy in policies)
        {
            var skipping = policy with { SkipBelow = 0.1 };
            Assert.True(skipping.Switches(default(GapTracker).After(1, 0.09).State), policy.ToString());
            Assert.False(skipping.Switches(default(GapTracker).After(1, 0.11).State), policy.ToString());
            // Where the generator has not moved yet, nothing is known of the gap.
            Assert.False(skipping.Switches(default(GapTracker).After(1, null).State), policy.ToString());
            Assert.False(policy.Switches(default(GapTracker).After(1, 0.09).State), policy.ToString());
        }
    }

    [Fact]
    public void Nodes_are_compared_on_samples_of_the_student_and_the_comparison_resumes()
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 3, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        var settings = s_settings with { Switching = new NodeGap { Ratio = 0, AtMost = 11 }, Steps = 14 };
        using var whole = TinyNetwork.Backtracking(settings, nodes);
        var listener = new RecordingListener();
        TrainingLoop.Run(whole, new CheckpointSettings { Every = 1 }, listener, CancellationToken.None);
        var compared = listener.Measurements.Where(measured => measured.Name == "node_gap").ToList();
        Assert.Equal([0L, 10, 11], compared.Select(measured => measured.Step));

        using var resumed = TinyNetwork.Backtracking(settings, nodes);
        resumed.Restore(listener.Checkpoints.First(checkpoint => checkpoint.Step == 5).State);
        TrainingLoop.Run(resumed, new CheckpointSettings(), new RecordingListener(), CancellationToken.None);
        Assert.Equal(whole.Capture().Progress, resumed.Capture().Progress);

        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var inputs = TinyNetwork.Inputs();
        using var student = inputs.OpenStudent();
        using var network = inputs.OpenTeacher();
        network.eval();
        student.Network.eval();
        var draw = inputs.DrawsFor("backtracking", network, student).At(0, settings.Noise, settings.Batch, "nodes");
        var images = student.Generate(draw.Latents, draw.Condition);
        var (target, next) = (OutputOf(2), OutputOf(1));
        Assert.Equal(((next - target).abs().mean() / (images - target).abs().mean()).item<float>(), compared[0].Value, 1e-6);

        Tensor OutputOf(int node)
        {
            nodes.Load(node, network);
            return network.forward(images + draw.Sigma * draw.Noise, draw.Sigma, draw.Condition);
        }
    }

    [Fact]
    public void After_a_switch_the_target_is_another_function()
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings
        {
            Steps = 4,
            Batch = 4,
            Nodes = new EveryInterval { Interval = 1 },
            Optimizer = new OptimizerSettings { LearningRate = 1e-2 },
        });
        using var network = TinyNetwork.Open();
        using var scope = NewDisposeScope();
        var (x, sigma) = (ones(1, 1, 8, 8), ones(1, 1, 1, 1));
        nodes.Load(3, network);
        var before = network.forward(x, sigma);
        nodes.Load(2, network);
        Assert.False(before.equal(network.forward(x, sigma)).all().item<bool>());
    }

    private static (IReadOnlyList<TargetSwitch> Switches, int End) Walk(SwitchingPolicy policy)
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 4, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        using var run = TinyNetwork.Backtracking(s_settings with { Switching = policy }, nodes);
        Assert.Equal(3, run.TargetIndex);
        var listener = new RecordingListener();
        TrainingLoop.Run(run, new CheckpointSettings(), listener, CancellationToken.None);
        return (listener.Switches, run.TargetIndex);
    }

    private static IEnumerable<(long Iteration, bool Switches)> Decisions(SwitchingPolicy policy, IEnumerable<double> gaps)
    {
        var tracker = default(GapTracker);
        long iteration = 0;
        foreach (var gap in gaps)
        {
            tracker = tracker.After(iteration, gap);
            yield return (iteration++, policy.Switches(tracker.State));
        }
    }
}
