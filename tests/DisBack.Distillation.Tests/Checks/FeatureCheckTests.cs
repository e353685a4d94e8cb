using DisBack.Distillation.Checks;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;

namespace DisBack.Distillation.Tests.Checks;

/// <summary>Features that take no samples of the teacher are refused before anything is trained, with the key that names them.</summary>
public sealed class FeatureCheckTests
{
    private static readonly EvaluationSettings s_digits = new();

    [Fact]
    public void The_digit_features_take_grey_images_only()
    {
        Assert.Empty(FeatureCheck.Check(s_digits, new SampleShape(1, 8, 8)));
        var mistake = Assert.Throws<SpecMistakeException>(() => FeatureCheck.Check(s_digits, new SampleShape(3, 8, 8)));
        Assert.Equal("evaluation.features", mistake.Key);
        Assert.Contains("grey images", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_does_not_exist_is_named()
    {
        var absent = s_digits with { Features = "absent.safetensors" };
        var mistake = Assert.Throws<SpecMistakeException>(() => FeatureCheck.Check(absent, new SampleShape(1, 8, 8)));
        Assert.Contains("absent.safetensors", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_of_other_features_are_named()
    {
        var other = s_digits with { Statistics = Path.Combine(AppContext.BaseDirectory, "oracles", "numpy", "statistics.npz") };
        var mistake = Assert.Throws<SpecMistakeException>(() => FeatureCheck.Check(other, new SampleShape(1, 8, 8)));
        Assert.Equal("evaluation.statistics", mistake.Key);
        Assert.Contains("of 6 features where the network has 64", mistake.Message, StringComparison.Ordinal);
        // What is stored already is looked at where it is read.
        Assert.Empty(FeatureCheck.Check(s_digits with { Statistics = $"sha256:{new string('a', 64)}" }, new SampleShape(1, 8, 8)));
    }

    [Fact]
    public void Fewer_samples_than_features_are_warned_of()
    {
        var few = s_digits with { Samples = 64, FinalSamples = 65 };
        Assert.StartsWith("evaluation.samples: FID over 64 samples with 64 feature", Assert.Single(FeatureCheck.Check(few, new SampleShape(1, 8, 8))));
        // Without evaluations on the way only the first and the last count.
        few = few with { Every = 0, FinalSamples = 30 };
        Assert.StartsWith("evaluation.final_samples: FID over 30", Assert.Single(FeatureCheck.Check(few, new SampleShape(1, 8, 8))));
    }
}
