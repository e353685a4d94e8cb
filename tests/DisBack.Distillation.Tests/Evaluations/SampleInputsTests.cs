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
    public void A_sample_has_the_class_of_its_number_in_any_batch()
    {
        using var scope = NewDisposeScope();
        var inputs = new SampleInputs([1, 8, 8], IConditionSource.OfClasses(3), new RandomStreams(0), "evaluation", CPU);
        var whole = OneHot(inputs.Take(0, 7));
        Assert.True(OneHot(inputs.Take(4, 3)).equal(whole.narrow(0, 4, 3)).all().item<bool>());
    }

    [Fact]
    public void A_network_without_classes_gets_none() =>
        Assert.Null(new SampleInputs([1, 8, 8], IConditionSource.OfClasses(0), new RandomStreams(0), "evaluation", CPU).Take(0, 2).Condition);

    private static Tensor OneHot((Tensor Latents, Condition? Condition) inputs) => Assert.IsType<ClassCondition>(inputs.Condition).OneHot;
}
