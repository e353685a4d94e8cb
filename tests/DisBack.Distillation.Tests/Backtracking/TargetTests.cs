using DisBack.Diffusion.Networks;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Backtracking;

/// <summary>A target between two nodes has their weights in proportion, and a run that follows it passes every node.</summary>
public sealed class TargetTests
{
    private static readonly RecordingSettings s_recording = new() { Steps = 3, Batch = 4, Nodes = new EveryInterval { Interval = 1 } };

    [Theory]
    [InlineData(0)]
    [InlineData(0.25)]
    [InlineData(1)]
    public void Between_two_nodes_are_their_weights_in_proportion(double blend)
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        using var target = new Target(nodes, 2, TinyNetwork.Open);
        using var scope = NewDisposeScope();
        foreach (var (name, weight) in target.At(blend).named_parameters())
        {
            var expected = nodes[2][name] * (1 - blend) + nodes[1][name] * blend;
            Assert.True(weight.allclose(expected, rtol: 1e-5, atol: 1e-7), name);
        }
        Assert.Equal(2, target.Index);
    }

    [Fact]
    public void At_the_teacher_and_under_other_policies_the_target_is_the_node_itself()
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        using var interpolating = new Target(nodes, 1, TinyNetwork.Open);
        interpolating.MoveTo(0);
        using var plain = new Target(nodes, 1, open: null);
        AssertIs(interpolating.At(0.5), 0);
        AssertIs(plain.At(0.5), 1);

        void AssertIs(Denoiser network, int node)
        {
            using var scope = NewDisposeScope();
            Assert.All(network.State(), entry => Assert.True(entry.Value.equal(nodes[node][entry.Name]).all().item<bool>(), entry.Name));
        }
    }

    [Fact]
    public void A_run_moves_evenly_from_node_to_node_and_resumes_between_them()
    {
        using var nodes = TinyNetwork.Trajectory(s_recording);
        var settings = new DmdSettings { Steps = 10, Batch = 4, Switching = new Interpolated { Interval = 3 } };
        using var whole = TinyNetwork.Backtracking(settings, nodes);
        var listener = new RecordingListener();
        Assert.True(TrainingLoop.Run(whole, new CheckpointSettings { Every = 1 }, listener, CancellationToken.None));
        Assert.Equal([(3L, 1), (6, 0)], listener.Switches.Select(change => (change.Step, change.To)));

        using var resumed = TinyNetwork.Backtracking(settings, nodes);
        resumed.Restore(listener.Checkpoints.First(checkpoint => checkpoint.Step == 5).State);
        Assert.True(TrainingLoop.Run(resumed, new CheckpointSettings(), new RecordingListener(), CancellationToken.None));
        foreach (var ((name, value), (_, other)) in whole.Capture().Tensors.Zip(resumed.Capture().Tensors))
        {
            Assert.True(value.equal(other).all().item<bool>(), name);
        }
    }
}
