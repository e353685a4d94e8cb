using DisBack.Distillation.Checks;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;

namespace DisBack.Distillation.Tests.Checks;

/// <summary>What cannot work with the teacher is refused with what to change.</summary>
public sealed class ExperimentCheckTests
{
    private static readonly SongUnetSettings s_teacher = TinyNetwork.Settings with { LabelDim = 10 };

    private static readonly ExperimentSpec s_fitting = new()
    {
        Name = "a", Teacher = "t",
        Student = new StudentSettings { Network = s_teacher with { NumBlocks = 0 } },
        Data = new DatasetSettings { Resolution = 8 },
        Evaluation = new EvaluationSettings { Reference = new DatasetSettings { Resolution = 8 } },
    };

    public static TheoryData<ExperimentSpec, string> Misfits => new()
    {
        { s_fitting with { Student = new StudentSettings { Network = s_teacher with { ImgResolution = 16 } } }, "samples of 1x16x16 (channels, height, width) "
            + "in 10 classes but the teacher makes 1x8x8 in 10" },
        { s_fitting with { Student = new StudentSettings { Network = s_teacher with { LabelDim = 3 } } }, "in 3 classes" },
        { s_fitting with { Student = new StudentSettings { Network = s_teacher with { ChannelMult = [] } } }, "channel_mult" },
        { s_fitting with { Data = new DatasetSettings() }, "data has images of 1x28x28 (channels, height, width) but the teacher makes 1x8x8: set "
            + "data.resolution to 8" },
        { s_fitting with { Evaluation = new EvaluationSettings() }, "set evaluation.reference.resolution to 8 and evaluation.reference.channels to 1" },
    };

    [Fact]
    public void What_fits_passes() => Assert.Empty(ExperimentCheck.Check(s_fitting, s_teacher));

    [Fact]
    public void Fewer_samples_than_features_are_warned_of()
    {
        var few = s_fitting with { Evaluation = s_fitting.Evaluation with { Samples = 64, FinalSamples = 65 } };
        Assert.StartsWith("evaluation.samples: FID over 64 samples with 64 feature", Assert.Single(ExperimentCheck.Check(few, s_teacher)));
        // Without evaluations on the way only the first and the last count.
        few = few with { Evaluation = few.Evaluation with { Every = 0, FinalSamples = 30 } };
        Assert.StartsWith("evaluation.final_samples: FID over 30", Assert.Single(ExperimentCheck.Check(few, s_teacher)));
    }

    [Theory, MemberData(nameof(Misfits), DisableDiscoveryEnumeration = true)]
    public void A_misfit_says_what_to_change(ExperimentSpec spec, string named) =>
        Assert.Contains(named, Assert.Throws<DisBackException>(() => ExperimentCheck.Check(spec, s_teacher)).Message, StringComparison.Ordinal);
}
