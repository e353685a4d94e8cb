using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Evaluations;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Evaluations;

/// <summary>Every class of a network is evaluated, also where it has more classes than a batch has samples.</summary>
public sealed class SampleInputsTests
{
    [Fact]
    public void A_thousand_classes_in_batches_of_five_hundred_are_all_shown_equally_often()
    {
        using var scope = NewDisposeScope();
        var inputs = new SampleInputs([1, 8, 8], IConditionSource.OfClasses(1000), new RandomStreams(0), "evaluation", CPU);
        var counts = zeros(1000);
        for (var first = 0; first < 2000; first += 500)
        {
            counts.add_(OneHot(inputs.Take(first, 500)).sum([0]));
        }

        Assert.Equal(Enumerable.Repeat(2f, 1000), counts.data<float>().ToArray());
    }

    [Fact]
    public void A_sample_has_the_noise_and_the_class_of_its_number_in_any_batch()
    {
        using var scope = NewDisposeScope();
        var inputs = new SampleInputs([1, 3, 3], IConditionSource.OfClasses(3), new RandomStreams(0), "evaluation", CPU);
        var (whole, part) = (inputs.Take(0, 7), inputs.Take(4, 3));
        Assert.True(OneHot(part).equal(OneHot(whole).narrow(0, 4, 3)).all().item<bool>());
        Assert.True(part.Latents.equal(whole.Latents.narrow(0, 4, 3)).all().item<bool>());
    }

    [Fact]
    public void The_noise_of_many_samples_is_that_of_independent_ones()
    {
        using var scope = NewDisposeScope();
        var noise = new SampleInputs([4], IConditionSource.OfClasses(0), new RandomStreams(0), "evaluation", CPU).Take(0, 20_000).Latents.to(float64);
        // Standard errors are 0.007; between one sample and the next as within one.
        Assert.True(noise.mean([0]).abs().max().item<double>() < 0.03);
        var products = cat([noise.narrow(0, 0, 19_999), noise.narrow(0, 1, 19_999)], 1).t();
        Assert.True((products.mm(products.t()) / 19_999 - eye(8)).abs().max().item<double>() < 0.05);
    }

    [Fact]
    public void A_network_without_classes_gets_none() =>
        Assert.Null(new SampleInputs([1, 8, 8], IConditionSource.OfClasses(0), new RandomStreams(0), "evaluation", CPU).Take(0, 2).Condition);

    private static Tensor OneHot((Tensor Latents, Condition? Condition) inputs) => Assert.IsType<ClassCondition>(inputs.Condition).OneHot;
}
