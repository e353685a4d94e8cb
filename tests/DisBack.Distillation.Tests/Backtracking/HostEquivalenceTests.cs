using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Hosts.ScoreMatching;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Tests.Hosts;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Backtracking;

/// <summary>A trajectory of one node, the teacher, is the host without DisBack: the same bits after every weight has moved.</summary>
public sealed class HostEquivalenceTests
{
    [Theory, MemberData(nameof(AllHosts.Rows), MemberType = typeof(AllHosts), DisableDiscoveryEnumeration = true)]
    public void A_trajectory_of_the_teacher_alone_is_the_host_bit_for_bit(BacktrackingSettings defaults)
    {
        const int steps = 6;
        var settings = defaults with { Steps = steps, Switching = new FixedInterval { Interval = 2 } };
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 0 });
        Assert.Equal(1, nodes.Count);

        using var run = TinyNetwork.Backtracking(settings, nodes, data: AllHosts.Data());
        var listener = new RecordingListener();
        TrainingLoop.Run(run, new CheckpointSettings(), listener, CancellationToken.None);

        using var target = BorrowedNetwork.Freeze(TinyNetwork.Open());
        var inputs = TinyNetwork.Inputs();
        var student = inputs.OpenStudent();
        var hold = new StateHold();
        using var generator = new TrainedGenerator(student, settings.Generator, settings.Ema, settings.GeneratorUpdates, hold);
        using var data = AllHosts.Data();
        var draws = inputs.DrawsFor("backtracking", target.Network, student);
        using var host = HostRegistry.Create(new HostContext(generator, TinyNetwork.Open, TinyNetwork.Open, settings, draws, inputs.Streams, hold, data));
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            host.Iterate(step, new TargetScore(target.Network));
        }

        Assert.Empty(listener.Switches);
        Assert.Equal(0, run.TargetIndex);
        var expected = generator.State.Concat(host.State).ToDictionary(tensor => tensor.Name, tensor => tensor.Value);
        foreach (var (name, value) in run.Capture().Tensors)
        {
            Assert.True(value.equal(expected[name]).all().item<bool>(), name);
        }

        using var first = TinyNetwork.Open();
        using var before = Diffusion.Parameters.ParameterGroups.Attach(first, trained: false);
        Assert.False(before.All[0].Weights.equal(expected["generator.weights"]).all().item<bool>(), "the generator never moved");
    }

    /// <summary>The conditions that tell apart what the targets do and what the start of the fake score does.</summary>
    [Theory]
    [InlineData(null, null, 3, 2)]
    [InlineData(0, null, 3, 0)]
    [InlineData(null, 0, 0, 2)]
    [InlineData(1, 2, 2, 1)]
    [InlineData(9, 9, 3, 3)]
    public void The_fake_score_and_the_first_target_begin_at_any_node(int? firstTarget, int? fakeStart, int fake, int target)
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 3, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        var settings = new DmdSettings { Steps = 4, Batch = 4, FirstTarget = firstTarget, FakeStart = fakeStart, Switching = new Never() };
        using var run = TinyNetwork.Backtracking(settings, nodes);
        Assert.Equal(target, run.TargetIndex);
        var host = Assert.IsType<ScoreMatchingHost>(run.Host, exactMatch: false);
        Assert.All(host.FakeScore.State(), entry => Assert.True(entry.Value.equal(nodes[fake][entry.Name]).all().item<bool>(), entry.Name));
    }
}
