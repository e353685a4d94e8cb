using DisBack.Diffusion;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Teachers;
using DisBack.Distillation.Tests.Hosts;
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
        AssertRepeats(() => new DegradationRecording(TinyNetwork.Inputs(1, device), new RecordingSettings { Steps = 9, Batch = 4, Optimizer = s_optimizer }));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    public void A_backtracking_repeats_itself(string name)
    {
        var device = DeviceOf(name);
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 2, Batch = 4, Nodes = new EveryInterval { Interval = 1 } }, device);
        var settings = new DmdSettings { Steps = 9, Batch = 4, Generator = s_optimizer, Fake = s_optimizer, Switching = new FixedInterval { Interval = 3 } };
        AssertRepeats(() => new DistributionBacktracking(TinyNetwork.Inputs(1, device), nodes, settings));
    }

    /// <summary>Long enough for steps that were recorded to be repeated, of both kinds that a host may have.</summary>
    [Theory, MemberData(nameof(AllHosts.Rows), MemberType = typeof(AllHosts), DisableDiscoveryEnumeration = true)]
    public void Every_host_repeats_itself_on_a_gpu_with_steps_that_were_recorded(BacktrackingSettings host)
    {
        var device = DeviceOf("cuda");
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 2, Batch = 4, Nodes = new EveryInterval { Interval = 1 } }, device);
        AssertEqual(Start(Train)(), Start(Train)());

        IReadOnlyList<Tensor> Train()
        {
            Devices.UseOwnStream(device);
            using var exact = CudaTurns.Take(device, tf32: false);
            using var run = new DistributionBacktracking(
                TinyNetwork.Inputs(1, device), nodes, host with { Steps = 20, Switching = new FixedInterval { Interval = 12 } }, data: AllHosts.Data(device));
            TrainingLoop.Run(run, new CheckpointSettings { Every = 1000 }, new RecordingListener(), CancellationToken.None);
            return [.. run.Capture().Tensors.Select(tensor => tensor.Value.cpu())];
        }
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    public void Diff_instruct_with_dropout_and_augmentation_repeats_itself(string name)
    {
        var device = DeviceOf(name);
        using var nodes = Dropping(device);
        AssertRepeats(() => new DistributionBacktracking(TinyNetwork.Inputs(1, device, settings: TinyNetwork.Dropping), nodes, AllHosts.Published));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_recorded_step_drops_what_one_drops_that_is_issued_kernel_by_kernel(bool augments)
    {
        var device = DeviceOf("cuda");
        var settings = AllHosts.Published with { Steps = 20, Switching = new FixedInterval { Interval = 8 } };
        settings = augments ? settings : settings with { Augmentation = null };
        AssertEqual(Start(Train)(), Start(() =>
        {
            Devices.UseOwnStream(device);
            return Train();
        })());

        IReadOnlyList<Tensor> Train()
        {
            using var exact = CudaTurns.Take(device, tf32: false);
            using var nodes = Dropping(device);
            using var run = new DistributionBacktracking(TinyNetwork.Inputs(1, device, settings: TinyNetwork.Dropping), nodes, settings);
            TrainingLoop.Run(run, new CheckpointSettings { Every = 1000 }, new RecordingListener(), CancellationToken.None);
            return [.. run.Capture().Tensors.Select(tensor => tensor.Value.cpu())];
        }
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    public void A_teacher_with_dropout_and_augmentation_repeats_itself(string name)
    {
        var device = DeviceOf(name);
        using var data = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits, Resolution = 8 });
        var network = TinyNetwork.Settings with { LabelDim = 10, AugmentDim = AugmentationSettings.LabelLength, Dropout = 0.1, LabelDropout = 0.1 };
        AssertRepeats(() => new TeacherTraining(
            network,
            data,
            new TeacherTrainingSettings { Steps = 9, Batch = 4, Accumulate = 2, Optimizer = s_optimizer, Augmentation = new() { Probability = 0.5 } },
            new RandomStreams(1),
            device));
    }

    [Theory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Tf32)]
    [InlineData(Precision.Bf16)]
    public void A_recorded_step_gives_the_bits_of_one_that_is_issued_kernel_by_kernel(Precision precision)
    {
        var device = DeviceOf("cuda");
        var (issued, recorded) = (Start(() => Trained(device, precision)), Start(() => TrainedOnItsStream(device, precision)));
        AssertEqual(issued(), recorded());
    }

    [Fact]
    public void Runs_that_share_a_device_do_not_change_each_other()
    {
        var device = DeviceOf("cuda");
        Precision[] precisions = [Precision.Fp32, Precision.Tf32, Precision.Bf16, Precision.Fp32, Precision.Tf32];
        var alone = precisions.Select(precision => Start(() => TrainedOnItsStream(device, precision))()).ToList();
        var together = precisions.Select(precision => Start(() => TrainedOnItsStream(device, precision))).ToList();
        Assert.All(alone.Zip(together), pair => AssertEqual(pair.First, pair.Second()));
        Assert.False(alone[0][0].Equals(alone[1][0]), "TF32 changes nothing.");
    }

    [Fact]
    public void A_seed_draws_the_same_numbers_for_every_device()
    {
        using var scope = NewDisposeScope();
        var here = At(CPU);
        // A device of libtorch that has shapes without values, and is everywhere.
        var nowhere = At(new Device(DeviceType.META));
        Assert.All([nowhere.Latents, nowhere.Sigma, nowhere.Noise, OneHot(nowhere)], tensor => Assert.Equal(DeviceType.META, tensor.device_type));
        Assert.SkipUnless(cuda.is_available(), "This machine has no CUDA device.");
        var there = At(Devices.Open("cuda"));
        (Tensor Here, Tensor There)[] pairs =
            [(here.Latents, there.Latents), (here.Sigma, there.Sigma), (here.Noise, there.Noise), (OneHot(here), OneHot(there))];
        Assert.All(pairs, pair => Assert.True(pair.There.cpu().Equals(pair.Here)));

        static Draw At(Device device)
        {
            using var generator = new DenoiserGenerator(TinyNetwork.Open(), 2.5);
            return new SeededDraws(new RandomStreams(3), "test", generator, IConditionSource.OfClasses(3), device).At(5, new LogNormalNoise(), 16);
        }

        static Tensor OneHot(Draw draw) => Assert.IsType<ClassCondition>(draw.Condition).OneHot;
    }

    private static MemoryNodes Dropping(Device device) => TinyNetwork.Trajectory(
        new RecordingSettings { Steps = 2, Batch = 4, Nodes = new EveryInterval { Interval = 1 } }, device, TinyNetwork.Dropping);

    private static IReadOnlyList<Tensor> TrainedOnItsStream(Device device, Precision precision)
    {
        Devices.UseOwnStream(device);
        return Trained(device, precision);
    }

    /// <summary>The state after both stages: three targets, and steps that move the generator and such that do not.</summary>
    private static IReadOnlyList<Tensor> Trained(Device device, Precision precision)
    {
        using var exact = CudaTurns.Take(device, tf32: false);
        using var recording = new DegradationRecording(
            TinyNetwork.Inputs(1, device, precision), new RecordingSettings { Steps = 9, Batch = 4, Optimizer = s_optimizer });
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 2, Batch = 4, Nodes = new EveryInterval { Interval = 1 } }, device);
        var settings = new DmdSettings
        {
            Steps = 40, Batch = 4, Generator = s_optimizer, Fake = s_optimizer, FakeUpdatesPerGeneratorUpdate = 2,
            Switching = new FixedInterval { Interval = 12 },
        };
        using var backtracking = new DistributionBacktracking(TinyNetwork.Inputs(1, device, precision), nodes, settings);
        foreach (var run in (ITrainingRun[])[recording, backtracking])
        {
            TrainingLoop.Run(run, new CheckpointSettings { Every = 1000 }, new RecordingListener(), CancellationToken.None);
        }
        return [.. recording.Capture().Tensors.Concat(backtracking.Capture().Tensors).Select(tensor => tensor.Value.cpu())];
    }

    /// <summary>Begins on a thread of its own; the result waits for its end.</summary>
    private static Func<IReadOnlyList<Tensor>> Start(Func<IReadOnlyList<Tensor>> run)
    {
        var work = Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return () => work.GetAwaiter().GetResult();
    }

    private static void AssertEqual(IReadOnlyList<Tensor> one, IReadOnlyList<Tensor> other) =>
        Assert.All(one.Zip(other), pair => Assert.True(pair.First.Equals(pair.Second)));

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
            TrainingLoop.Run(run, new CheckpointSettings { Every = 1000 }, new RecordingListener(), CancellationToken.None);
        }
        Assert.All(one.Capture().Tensors.Zip(other.Capture().Tensors), pair => Assert.True(pair.First.Value.Equals(pair.Second.Value), pair.First.Name));
    }
}
