using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;

namespace DisBack.Specs.Tests.Experiments;

/// <summary>A run that cannot fit is refused with what would, and the estimate follows the shapes.</summary>
public sealed class MemoryNeedTests
{
    private const long GiB = 1L << 30;

    /// <summary>The embeddings of a prompt in float32.</summary>
    private const long Text = 4 * ((77 * 2048) + 1280);

    /// <summary>EDM's network for CIFAR-10 with its 55.7 million parameters.</summary>
    private static readonly SongUnetSettings s_cifar = new() { ChannelMult = [2, 2, 2] };

    private static readonly ExperimentSpec s_experiment = new() { Name = "a", Teacher = "t", Backtracking = new DmdSettings { Batch = 128 } };

    [Fact]
    public void A_batch_that_is_too_large_is_refused_with_the_largest_that_fits()
    {
        var need = MemoryNeed.Of(s_experiment, s_cifar);
        need.Require(need.Bytes);
        var refused = Assert.Throws<DoesNotFitException>(() => need.Require(need.Bytes - 1));
        Assert.Equal("backtracking.batch", refused.Key);
        Assert.Contains("a batch of 127 would fit", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_that_is_too_large_for_any_batch_is_refused_as_such()
    {
        var need = MemoryNeed.Of(s_experiment, s_cifar);
        Assert.Contains("a smaller network", Assert.Throws<DoesNotFitException>(() => need.Require(GiB)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_count_with_gradients_moments_average_and_the_copies_of_a_checkpoint()
    {
        var spec = new TeacherSpec { Name = "a", Network = s_cifar };
        var need = MemoryNeed.Of(spec, new DatasetFacts(50_000, 3, 32, 0));
        Assert.Equal(9 * 4 * s_cifar.Size.Parameters, need.Networks);
        Assert.InRange(need.Other, 50_000 * 3 * 32 * 32, GiB);
        // An evaluation has a network of its own.
        Assert.Equal(10 * 4 * s_cifar.Size.Parameters, MemoryNeed.Of(spec with { Evaluation = new() }, new DatasetFacts(50_000, 3, 32, 0)).Networks);
    }

    [Fact]
    public void Of_a_batch_in_parts_one_part_counts()
    {
        var spec = new TeacherSpec { Name = "a", Network = s_cifar, Training = new() { Batch = 128 } };
        var images = new DatasetFacts(50_000, 3, 32, 0);
        var (whole, parts) = (MemoryNeed.Of(spec, images), MemoryNeed.Of(spec with { Training = spec.Training with { Accumulate = 4 } }, images));
        Assert.Equal(96 * whole.Sample, whole.Bytes - parts.Bytes);
        var refused = Assert.Throws<DoesNotFitException>(() => parts.Require(parts.Bytes - 1));
        Assert.Contains("a batch of 128 in 4 parts", refused.Message, StringComparison.Ordinal);
        Assert.Contains("a batch of 124 would fit", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_between_two_nodes_is_a_third_network()
    {
        var moving = s_experiment with { Backtracking = s_experiment.Backtracking with { Switching = new Interpolated() } };
        Assert.Equal(2 * 4 * s_cifar.Size.Parameters, MemoryNeed.Of(moving, s_cifar).Networks - MemoryNeed.Of(s_experiment, s_cifar).Networks);
    }

    [Fact]
    public void A_decoder_counts_in_place_of_the_students_network()
    {
        var decoding = s_experiment with { Student = new StudentSettings { Decoder = new() } };
        var size = decoding.Student.Decoder!.SizeFor(s_cifar.Shape, s_cifar.Classes);
        var (need, cloned) = (MemoryNeed.Of(decoding, s_cifar), MemoryNeed.Of(s_experiment, s_cifar));
        Assert.Equal(10 * 4 * (s_cifar.Size.Parameters - size.Parameters), cloned.Networks - need.Networks);
        Assert.Equal(4 * (s_cifar.Size.Activations - size.Activations), cloned.Sample - need.Sample);
    }

    [Fact]
    public void The_teacher_whose_features_a_discriminator_sees_is_one_more_network()
    {
        var own = s_experiment with { Backtracking = new Dmd2Settings { Batch = 128 } };
        var teachers = s_experiment with { Backtracking = new Dmd2Settings { Batch = 128, GanFeatures = GanFeatures.Teacher } };
        Assert.Equal(4 * s_cifar.Size.Parameters, MemoryNeed.Of(teachers, s_cifar).Networks - MemoryNeed.Of(own, s_cifar).Networks);
    }

    /// <summary>
    /// DMD2 with SDXL: 41 GB of weights, gradients and moments each for student and fake score, and the average, the target and the networks of the evaluation.
    /// </summary>
    [Fact]
    public void Every_setting_that_saves_memory_with_SDXL_is_counted()
    {
        var sdxl = new TextUnetSettings();
        var (parameters, size) = (sdxl.Size.Parameters, sdxl.Size);
        var plain = Need(new(), new(), accumulate: null);
        // Ten of the student, seven of the fake score, the target and the evaluation's teacher.
        Assert.Equal((10 + 7 + 1 + 1) * 4 * parameters, plain.Networks);
        Assert.Equal((4 * size.Activations) + Text, plain.Sample);
        Assert.Equal((4 * size.Checkpointed) + Text, Need(new(), new() { CheckpointActivations = true }, null).Sample);
        var rounded = Need(new(), new() { Precision = Precision.Bf16 }, null);
        // The target takes half, and the rounded weights of a pass are there until its end.
        Assert.Equal(plain.Networks - (2 * parameters) + (2 * parameters), rounded.Networks);
        Assert.Equal((2 * size.Activations) + Text, rounded.Sample);
        Assert.Equal(
            plain.Networks - (2 * parameters), Need(new(), new() { Precision = Precision.Bf16, CheckpointActivations = true }, null).Networks);
        Assert.Equal(plain.Networks - (2 * 2 * 2 * 3 * parameters), Need(new() { Moments = MomentType.Int8 }, new(), null).Networks);
        Assert.Equal(plain.Networks - (2 * 2 * 2 * 2 * parameters), Need(new() { Moments = MomentType.Bfloat16 }, new(), null).Networks);
        Assert.Equal(plain.Networks + plain.Other + (plain.Sample * 2), Need(new(), new(), accumulate: 4).Bytes);

        // Each of two workers has half of the batch, and keeps the sums of half of the gradients.
        Assert.Equal(plain.Bytes - (plain.Sample * 4) + (2 * parameters), Need(new(), new() { Workers = 2 }, null).Bytes);

        MemoryNeed Need(OptimizerSettings optimizer, HardwareSettings hardware, int? accumulate) =>
            MemoryNeed.Of(OfSdxl(optimizer, hardware, accumulate), sdxl);
    }

    [Fact]
    public void What_would_take_less_is_said_as_long_as_there_is_anything()
    {
        var sdxl = new TextUnetSettings();
        Assert.EndsWith(
            "; less is needed with backtracking.accumulate, which computes a batch in parts, or hardware.checkpoint_activations, or hardware.precision bf16, "
                + "or optimizers with moments int8.",
            Refused(new(), new() { Device = "cuda" }, accumulate: null), StringComparison.Ordinal);
        // A CPU is not told to take a type that it has no instructions for.
        Assert.DoesNotContain("bf16", Refused(new(), new(), accumulate: null), StringComparison.Ordinal);
        Assert.EndsWith(
            "; less is needed with a backtracking.accumulate above 4, which computes a batch in more parts.",
            Refused(new() { Moments = MomentType.Int8 }, new() { CheckpointActivations = true, Precision = Precision.Bf16 }, accumulate: 4),
            StringComparison.Ordinal);
        Assert.EndsWith(
            "a machine with more memory.",
            Refused(new() { Moments = MomentType.Int8 }, new() { CheckpointActivations = true, Precision = Precision.Bf16 }, accumulate: 8),
            StringComparison.Ordinal);

        string Refused(OptimizerSettings optimizer, HardwareSettings hardware, int? accumulate) => Assert.Throws<DoesNotFitException>(
            () => MemoryNeed.Of(OfSdxl(optimizer, hardware, accumulate), sdxl).Require(GiB)).Message;
    }

    /// <summary>A discriminator sees the features of the way down of what is generated and of what is real, beside the pass of the fake score itself.</summary>
    [Fact]
    public void A_discriminator_adds_the_way_down()
    {
        var sdxl = new TextUnetSettings();
        var spec = OfSdxl(new(), new(), accumulate: null);
        var adversarial = spec with { Backtracking = (Dmd2Settings)spec.Backtracking with { GeneratorGanWeight = 0.1, FakeGanWeight = 0.1 } };
        Assert.Equal((4 * (sdxl.Size.Activations + (2 * sdxl.Size.Encoder.Activations))) + Text, MemoryNeed.Of(adversarial, sdxl).Sample);
        Assert.Equal(Text, MemoryNeed.Of(adversarial with { Data = new() }, sdxl).Sample - MemoryNeed.Of(adversarial, sdxl).Sample);
    }

    private static ExperimentSpec OfSdxl(OptimizerSettings optimizer, HardwareSettings hardware, int? accumulate) => s_experiment with
    {
        Backtracking = new Dmd2Settings
        {
            Batch = 8, Accumulate = accumulate, GeneratorGanWeight = 0, FakeGanWeight = 0, Generator = optimizer, Fake = optimizer,
            Switching = new FixedInterval(),
        },
        Hardware = hardware,
    };

    /// <summary>The largest network that the settings allow: nothing overflows, and it is refused.</summary>
    [Fact]
    public void The_largest_settings_are_estimated_without_overflow()
    {
        var huge = new SongUnetSettings
        {
            ImgResolution = 4096, ImgChannels = 1024, ModelChannels = 4096, ChannelMult = [64, 64, 64, 64], NumBlocks = 64, AttnResolutions = [4096],
            LabelDim = 1_000_000, AugmentDim = 1024, ChannelMultEmb = 64, ChannelMultNoise = 64,
        };
        Assert.True(huge.Size is { Parameters: > 0, Activations: > 0, Held: > 0 });
        var need = MemoryNeed.Of(s_experiment, huge);
        Assert.Throws<DoesNotFitException>(() => need.Require(1L << 50));
    }

    /// <summary>One frozen SDXL in bfloat16, two sets of adapters in training and three that only say something: well within one GPU of 80 GB.</summary>
    [Fact]
    public void Adapters_share_one_frozen_network()
    {
        const long adapters = 196_751_360, whole = 2_567_463_684;
        var spec = new ExperimentSpec
        {
            Name = "a",
            Teacher = "t",
            Adapters = new(),
            Backtracking = new Dmd2Settings { Batch = 1, FakeGanWeight = 0, GeneratorGanWeight = 0, Switching = new FixedInterval() },
            Hardware = new() { Precision = Precision.Bf16, CheckpointActivations = true },
        };
        var need = MemoryNeed.Of(spec, new TextUnetSettings());

        // Student: weights, and twice gradient, two moments and average; fake score: the same without an average.
        Assert.Equal((2 * whole) + (adapters * 4 * (9 + 7 + 3)), need.Networks);
        Assert.InRange(need.Bytes, 15 * GiB, 24 * GiB);
        Assert.True(MemoryNeed.Of(spec with { Adapters = null }, new TextUnetSettings()).Bytes > 6 * need.Bytes);
    }
}
