using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

/// <summary>Real digits show their classes, and not those of others; what knows no classes has no accuracy.</summary>
public sealed class ClassAccuracyTests
{
    private static readonly DatasetSettings s_digits = new() { Source = DatasetSource.Digits, Resolution = 14 };

    [Theory]
    [InlineData(0, 0.95, 1)]
    [InlineData(1, 0, 0.05)]
    public void Real_digits_are_taken_for_what_they_are(int shift, double least, double most)
    {
        const int count = 1200;
        using var network = FeatureNetworks.Open("digits", trustCode: false);
        using var real = ImageDataset.Load(s_digits);
        var accuracy = ClassAccuracy.By(network, 10, (first, size) => ClassCondition.Of((real.Labels!.narrow(0, first, size) + shift).remainder(10), 10))!;
        var reference = new ReferenceCache().Of(network, new EvaluationSettings { Reference = s_digits });
        Evaluation.Fid((first, size) => real.Images.narrow(0, first, size).to(float32) / 127.5 - 1, count, network, reference, accuracy);
        Assert.InRange(accuracy.Value, least, most);
        // A part of all images that were counted.
        Assert.Equal(Math.Round(accuracy.Value * count), accuracy.Value * count, 1e-9);
    }

    [Fact]
    public void Another_number_of_classes_has_none()
    {
        using var network = FeatureNetworks.Open("digits", trustCode: false);
        Assert.Null(ClassAccuracy.By(network, 0, (_, _) => null));
        Assert.Null(ClassAccuracy.By(network, 3, (_, _) => null));
    }
}
