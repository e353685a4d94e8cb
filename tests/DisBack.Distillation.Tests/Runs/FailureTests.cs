using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>Training that cannot go on says which step, which network and what to try, and leaves no checkpoint of the bad state.</summary>
public sealed class FailureTests
{
    [Fact]
    public void A_loss_that_is_not_finite_names_step_and_network()
    {
        using var run = TinyNetwork.Recording(new RecordingSettings { Steps = 20, Batch = 4 });
        using (TorchSharp.torch.no_grad())
        {
            var state = run.Capture();
            state.Tensors[0].Value.fill_(float.NaN);
        }

        var listener = new RecordingListener();
        var error = Assert.Throws<TrainingFailedException>(
            () => TrainingLoop.Run(run, new CheckpointSettings { Every = 5 }, listener, CancellationToken.None));
        Assert.Equal(TrainingFailure.NonFinite, error.Cause);
        Assert.Contains("degrading network", error.Message, StringComparison.Ordinal);
        Assert.Contains("step 1;", error.Message, StringComparison.Ordinal);
        Assert.Contains("learning_rate", error.Message, StringComparison.Ordinal);
        Assert.Empty(listener.Checkpoints);
    }

    [Fact]
    public void A_collapsed_generator_is_named_with_its_threshold()
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 1, Batch = 4 });
        var settings = new DmdSettings { Steps = 20, Batch = 4, CollapseThreshold = 0.99, Generator = new OptimizerSettings { LearningRate = 1e-5 } };
        using var run = TinyNetwork.Backtracking(settings, nodes);
        var error = Assert.Throws<TrainingFailedException>(
            () => TrainingLoop.Run(run, new CheckpointSettings(), new RecordingListener(), CancellationToken.None));
        Assert.Equal(TrainingFailure.Collapse, error.Cause);
        Assert.Contains("collapse_threshold", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stop_leaves_a_checkpoint_at_the_step_it_stopped_at()
    {
        using var run = TinyNetwork.Recording(new RecordingSettings { Steps = 20, Batch = 4 });
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var listener = new RecordingListener();
        Assert.False(TrainingLoop.Run(run, new CheckpointSettings(), listener, stop.Token));
        Assert.Equal(0, Assert.Single(listener.Checkpoints).Step);
    }
}
