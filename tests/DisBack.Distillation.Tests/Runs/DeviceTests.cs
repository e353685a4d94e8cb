using DisBack.Diffusion;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Teachers;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>Every run works on every device, and repeats itself there bit for bit.</summary>
public sealed class DeviceTests
{
    private static readonly OptimizerSettings s_optimizer = new() { LearningRate = 1e-3, ClipNorm = 10 };

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    public void A_recording_repeats_itself(string name)
    {
        var device = DeviceOf(name);
        AssertRepeats(() => new DegradationRecording(
            () => TinyNetwork.Open().to(device), new RecordingSettings { Steps = 9, Batch = 4, Optimizer = s_optimizer }, 2.5, new RandomStreams(1), device));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    public void A_backtracking_repeats_itself(string name)
    {
        var device = DeviceOf(name);
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 2, Batch = 4, Nodes = new EveryInterval { Interval = 1 } }, device);
        var settings = new BacktrackingSettings
        {
            Steps = 9,
            Batch = 4,
            Generator = s_optimizer,
            Fake = s_optimizer,
            Switching = new FixedInterval { Interval = 3 },
        };
        AssertRepeats(
            () => new DistributionBacktracking(() => TinyNetwork.Open().to(device), nodes, settings, 2.5, new RandomStreams(1), device, evaluation: null));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    public void A_teacher_with_dropout_repeats_itself(string name)
    {
        var device = DeviceOf(name);
        using var data = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits, Resolution = 8 });
        var network = TinyNetwork.Settings with { LabelDim = 10, Dropout = 0.1, LabelDropout = 0.1 };
        AssertRepeats(() => new TeacherTraining(
            network,
            data,
            new TeacherTrainingSettings { Steps = 9, Batch = 4, Optimizer = s_optimizer },
            new RandomStreams(1),
            device));
    }

    [Fact]
    public void A_seed_draws_the_same_numbers_for_every_device()
    {
        using var scope = NewDisposeScope();
        var here = At(CPU);
        // A device of libtorch that has shapes without values, and is everywhere.
        var nowhere = At(new Device(DeviceType.META));
        Assert.All([nowhere.Latents, nowhere.Sigma, nowhere.Noise, nowhere.Labels!], tensor => Assert.Equal(DeviceType.META, tensor.device_type));
        Assert.SkipUnless(cuda.is_available(), "This machine has no CUDA device.");
        var there = At(Devices.Open("cuda"));
        foreach (var (a, b) in (ReadOnlySpan<(Tensor, Tensor)>)[(here.Latents, there.Latents), (here.Sigma, there.Sigma), (here.Noise, there.Noise), (here
            .Labels!, there.Labels!)])
        {
            Assert.True(b.cpu().Equals(a));
        }

        static Draw At(Device device) => Draw.At(new RandomStreams(3), "test", 5, TinyNetwork.Settings, new LogNormalNoise(), 16, device);
    }

    private static Device DeviceOf(string name)
    {
        Assert.SkipWhen(name == "cuda" && !cuda.is_available(), "This machine has no CUDA device.");
        return Devices.Open(name);
    }

    private static void AssertRepeats(Func<ITrainingRun> open)
    {
        using ITrainingRun one = open(), other = open();
        foreach (var run in (ITrainingRun[])[one, other])
        {
            TrainingLoop.Drive(run, new CheckpointSettings { Every = 1000 }, new RecordingListener(), CancellationToken.None);
        }
        Assert.All(one.Capture().Tensors.Zip(other.Capture().Tensors), pair => Assert.True(pair.First.Value.Equals(pair.Second.Value), pair.First.Name));
    }
}
