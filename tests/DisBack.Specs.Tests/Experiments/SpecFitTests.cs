using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Tests.Experiments;

/// <summary>What cannot work with the teacher or with the images is refused with what to change, and where it is written.</summary>
public sealed class SpecFitTests
{
    private static readonly SongUnetSettings s_network = new()
    {
        ImgResolution = 8, ImgChannels = 1, LabelDim = 10, ChannelMult = [1], AttnResolutions = [], Dropout = 0,
    };

    private static readonly DatasetFacts s_images = new(100, 1, 8, 10);

    private static readonly ExperimentSpec s_experiment = new()
    {
        Name = "a", Teacher = "t", Student = new StudentSettings { Network = s_network with { NumBlocks = 0 } },
    };

    private static readonly ExperimentSpec s_ofTexts = new()
    {
        Name = "a", Teacher = "t", Evaluation = new() { Features = EvaluationSettings.NoFeatures },
    };

    private static readonly TeacherSpec s_teacher = new() { Name = "a", Network = s_network };

    public static TheoryData<ExperimentSpec, DatasetFacts, DatasetFacts?, string, string> Experiments => new()
    {
        {
            s_experiment with { Student = new StudentSettings { Network = s_network with { ImgResolution = 16 } } }, s_images, null,
            "student.network", "samples of 1x16x16 (channels, height, width) in 10 classes but the teacher makes 1x8x8 in 10"
        },
        {
            s_experiment with { Student = new StudentSettings { Network = s_network with { LabelDim = 3 } } }, s_images, null,
            "student.network", "in 3 classes"
        },
        {
            s_experiment, s_images, s_images with { Resolution = 28 }, "data",
            "data has images of 1x28x28 (channels, height, width) but the teacher makes 1x8x8: set data.resolution to 8"
        },
        {
            s_experiment with { Backtracking = new Dmd2Settings() }, s_images, s_images with { Classes = 3 }, "data",
            "data has images in 3 classes but the teacher makes 10"
        },
        {
            s_experiment with { Backtracking = new DmdSettings { Guidance = new() } }, s_images, null, "backtracking.guidance",
            "the teacher was trained with network.label_dropout 0"
        },
        {
            s_experiment with { Backtracking = new DiffInstructSettings { Dropout = true } }, s_images, null, "backtracking.dropout",
            "the teacher has network.dropout 0, so its network drops nothing: leave backtracking.dropout out"
        },
        {
            s_experiment with { Backtracking = new DiffInstructSettings { Augmentation = new() } }, s_images, null, "backtracking.augmentation",
            "the teacher's network cannot be told how an image was augmented: leave backtracking.augmentation out, or name a teacher with network.augment_dim 9"
        },
        {
            s_experiment with { Hardware = new() { CheckpointActivations = true } }, s_images, null, "hardware.checkpoint_activations",
            "only a network of the model_type text-unet"
        },
        {
            s_experiment, s_images with { Channels = 3 }, s_images, "evaluation.reference",
            "set evaluation.reference.resolution to 8 and evaluation.reference.channels to 1"
        },
        {
            s_experiment with { Adapters = new() }, s_images, null, "adapters", "only teachers of texts (text-unet) have adapters: leave adapters out"
        },
    };

    public static TheoryData<DatasetFacts, string, string> Images => new()
    {
        { s_images with { Resolution = 64 }, "data.resolution", "the images have 64 pixels but the network has 8" },
        { s_images with { Channels = 3 }, "network.img_channels", "the images have 3 channels but the network has 1" },
        { s_images with { Classes = 3 }, "network.label_dim", "the network has 10 classes but the images have 3; set network.label_dim to 3" },
        { s_images with { Classes = 0 }, "network.label_dim", "the network has 10 classes but the images have none; set network.label_dim to 0" },
    };

    [Fact]
    public void What_fits_passes()
    {
        SpecFit.Check(s_experiment, s_network, s_images, s_images);
        SpecFit.Check(s_experiment with { Backtracking = new Dmd2Settings() }, s_network, s_images, s_images);
        SpecFit.Check(
            s_experiment with { Backtracking = new DmdSettings { Guidance = new() } }, s_network with { LabelDropout = 0.1 }, s_images, data: null);
        SpecFit.Check(
            s_experiment with { Backtracking = new DiffInstructSettings { Dropout = true, Augmentation = new() } },
            s_network with { Dropout = 0.13, AugmentDim = 9 }, s_images, data: null);
        // Nobody asks what the images of a host show that looks at none.
        SpecFit.Check(s_experiment, s_network, s_images, s_images with { Classes = 3 });
        SpecFit.Check(s_teacher, s_images);
        SpecFit.Check(s_teacher with { Network = s_network with { LabelDim = 0 } }, s_images);
        SpecFit.Check(s_teacher, s_images, reference: s_images with { Classes = 0 });
    }

    [Fact]
    public void Prompts_and_latents_are_for_a_teacher_that_is_told_texts_of_that_form()
    {
        var (prompts, told) = (new EmbeddingFacts(7, 77, new(64, 32)), new TextNetwork());
        var latents = new DatasetFacts(5, 4, 16, 0) { Embeddings = prompts with { Count = 5 } };
        var wider = prompts with { Shape = new(128, 32) };
        var (spec, hungry) = (s_experiment with { Student = new() }, s_experiment with { Student = new(), Backtracking = new Dmd2Settings() });

        SpecFit.Check(spec, told, reference: null, data: null, prompts);
        SpecFit.Check(hungry, told, reference: null, latents, prompts);
        Refused("conditions", "draws no pictures of prompts: leave conditions out", spec, s_network, null, prompts);
        Refused("teacher", "name their embeddings with 'conditions'", spec, told, null, null);
        Refused("conditions", "the widths 128 and 32 (of a token, of a text) but the teacher's network takes 64 and 32", spec, told, null, wider);
        Refused("data", "the widths 128 and 32", hungry, told, latents with { Embeddings = wider }, prompts);
        Refused("data", "name latents with captions", hungry, told, new(5, 4, 16, 0), prompts);
        Refused("data", "name images", spec, s_network, latents with { Channels = 1, Resolution = 8 }, null);
        Refused("data", "has latents of 4x8x8 (channels, height, width) but the teacher makes 4x16x16", hungry, told, latents with { Resolution = 8 }, prompts);
        Assert.Equal("evaluation.reference", Assert.Throws<SpecMistakeException>(() => SpecFit.Check(spec, told, latents, null, prompts)).Key);
        Assert.Equal("data.source", Assert.Throws<SpecMistakeException>(() => SpecFit.Check(s_teacher, latents)).Key);

        static void Refused(
            string key, string what, ExperimentSpec spec, NetworkSettings teacher, DatasetFacts? data, EmbeddingFacts? conditions)
        {
            var mistake = Assert.Throws<SpecMistakeException>(() => SpecFit.Check(spec, teacher, reference: null, data, conditions));
            Assert.Equal(key, mistake.Key);
            Assert.Contains(what, mistake.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_training_is_evaluated_against_images_of_its_networks_shape()
    {
        var mistake = Assert.Throws<SpecMistakeException>(() => SpecFit.Check(s_teacher, s_images, reference: s_images with { Resolution = 28 }));
        Assert.Equal("evaluation.reference", mistake.Key);
        Assert.Contains("set evaluation.reference.resolution to 8", mistake.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Experiments), DisableDiscoveryEnumeration = true)]
    public void A_misfit_with_the_teacher_says_what_to_change(ExperimentSpec spec, DatasetFacts reference, DatasetFacts? data, string key, string what)
    {
        var mistake = Assert.Throws<SpecMistakeException>(() => SpecFit.Check(spec, s_network, reference, data));
        Assert.Equal(key, mistake.Key);
        Assert.Contains(what, mistake.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Images), DisableDiscoveryEnumeration = true)]
    public void A_network_that_does_not_fit_its_images_says_what_to_change(DatasetFacts images, string key, string what)
    {
        var mistake = Assert.Throws<SpecMistakeException>(() => SpecFit.Check(s_teacher, images));
        Assert.Equal(key, mistake.Key);
        Assert.Contains(what, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_student_whose_network_cannot_be_built_is_refused_in_the_text() =>
        Assert.Contains(
            "spec:4:12: The network settings are impossible: channel_mult needs",
            Assert.Throws<SpecException>(() => SpecReader.Parse<ExperimentSpec>(
                "name: a\nteacher: t\nstudent:\n  network: { channel_mult: [] }\n", "spec")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_teacher_of_texts_is_imported_and_not_trained() =>
        Assert.StartsWith(
            "spec:2:10: networks of texts (text-unet) are distilled and not trained: register one that is trained with 'disback teacher import DIR'",
            Assert.Throws<SpecException>(() => SpecReader.Parse<TeacherSpec>("name: a\nnetwork: { model_type: text-unet }\n", "spec")).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("dropout: true", "spec:5:12: the teacher has network.dropout 0")]
    [InlineData("augmentation: { probability: 0.2 }", "spec:5:17: the teacher's network cannot be told how an image was augmented")]
    public async Task What_a_host_cannot_ask_of_the_teacher_is_shown_where_it_was_written(string setting, string expected)
    {
        var text = SpecReader.ParseLocated<ExperimentSpec>($"name: a\nteacher: t\nbacktracking:\n  host: diff-instruct\n  {setting}\n", "spec");
        var error = await Assert.ThrowsAsync<SpecException>(() => text.CheckAsync(() =>
        {
            SpecFit.Check(text.Spec, s_network, s_images, data: null);
            return Task.CompletedTask;
        }));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_misfit_is_shown_where_the_value_was_written()
    {
        var text = SpecReader.ParseLocated<TeacherSpec>("name: a\nnetwork:\n  img_resolution: 8\n  label_dim: 10\n", "spec");
        var images = s_images with { Channels = 3, Classes = 2 };
        var error = await Assert.ThrowsAsync<SpecException>(() => text.CheckAsync(() =>
        {
            SpecFit.Check(text.Spec, images);
            return Task.CompletedTask;
        }));
        Assert.StartsWith("spec:4:14: the network has 10 classes but the images have 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_teacher_of_texts_makes_latents_that_are_not_measured()
    {
        SpecFit.Check(
            s_ofTexts with { Adapters = new(), Backtracking = new Dmd2Settings { Guidance = new() } },
            new TextUnetSettings(),
            reference: null,
            data: null,
            new EmbeddingFacts(7, 77, new(2048, 1280)));

        AssertRefused(s_ofTexts with { Evaluation = new() }, "evaluation.features", "the teacher makes latents of 4x128x128");
        AssertRefused(s_ofTexts with { Backtracking = new VsdSettings { FakeRank = 4 } }, "backtracking.fake_rank", "set adapters.rank in place of fake_rank");

        static void AssertRefused(ExperimentSpec spec, string key, string why)
        {
            var mistake = Assert.Throws<SpecMistakeException>(() => SpecFit.Check(spec, new TextUnetSettings(), null, null));
            Assert.Contains(why, mistake.Message, StringComparison.Ordinal);
            Assert.Equal(key, mistake.Key);
        }
    }

    [Fact]
    public void Weights_that_a_student_begins_with_are_those_of_its_network()
    {
        var (whole, own) = (new TextUnetSettings(), s_network with { NumBlocks = 0 });
        var (plain, adapting) = (s_ofTexts, s_ofTexts with { Adapters = new() { Rank = 4, Alpha = 8 } });

        Check(s_experiment, s_network, own);
        Check(plain, whole, whole with { SampleSize = 64 });
        Check(adapting, whole with { SampleSize = 64 }, whole with { Adapter = new() { Rank = 4, Alpha = 8 } });
        Refused("a network with other settings than the student's", s_experiment, s_network, s_network);
        Refused("a network with other settings", s_experiment, s_network, whole);
        Refused("a network with other settings", plain, whole, whole with { MiddleDepth = 3 });
        var fourth = whole with { Adapter = new() { Rank = 4 } };
        Refused("holds adapters of rank 4 and alpha 4 but the student trains all weights of a network", plain, whole, fourth);
        Refused("holds all weights of a network but the student trains adapters of rank 4 and alpha 8", adapting, whole, whole);
        Refused("holds adapters of rank 4 and alpha 4 but", adapting, whole, fourth);

        static void Check(ExperimentSpec spec, NetworkSettings teacher, NetworkSettings weights) => SpecFit.Check(
            spec, teacher, null, null, teacher is TextUnetSettings ? new EmbeddingFacts(7, 77, new(2048, 1280)) : null, weights);

        static void Refused(string what, ExperimentSpec spec, NetworkSettings teacher, NetworkSettings weights)
        {
            var mistake = Assert.Throws<SpecMistakeException>(() => Check(spec, teacher, weights));
            Assert.Equal("student.weights", mistake.Key);
            Assert.Contains(what, mistake.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>A network that is told texts.</summary>
    private sealed record TextNetwork : NetworkSettings
    {
        public override SampleShape Shape => new(4, 16, 16);

        public override int Classes => 0;

        public override EmbeddingShape? Embeddings => new(64, 32);

        public override bool IsGuidable => true;

        public override NetworkSize Size => default;

        protected override string? FindContradiction() => null;
    }
}
