using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;

namespace DisBack.Specs.Tests.Experiments;

/// <summary>A run that cannot fit is refused with what would, and the estimate follows the shapes.</summary>
public sealed class MemoryNeedTests
{
    private const long GiB = 1L << 30;

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
}
