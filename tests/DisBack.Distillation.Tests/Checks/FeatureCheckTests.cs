using DisBack.Distillation.Checks;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;

namespace DisBack.Distillation.Tests.Checks;

/// <summary>Features that take no samples of the teacher are refused before anything is trained, with the key that names them.</summary>
public sealed class FeatureCheckTests
{
    [Fact]
    public void The_digit_features_take_grey_images_only()
    {
        FeatureCheck.Check(EvaluationSettings.DigitFeatures, new SampleShape(1, 8, 8));
        var mistake = Assert.Throws<SpecMistakeException>(() => FeatureCheck.Check(EvaluationSettings.DigitFeatures, new SampleShape(3, 8, 8)));
        Assert.Equal("evaluation.features", mistake.Key);
        Assert.Contains("need grey images", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_does_not_exist_is_named()
    {
        var mistake = Assert.Throws<SpecMistakeException>(() => FeatureCheck.Check("absent.safetensors", new SampleShape(1, 8, 8)));
        Assert.Contains("absent.safetensors", mistake.Message, StringComparison.Ordinal);
    }
}
