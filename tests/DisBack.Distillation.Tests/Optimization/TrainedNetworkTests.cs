using DisBack.Distillation.Optimization;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Optimization;

/// <summary>What trains a network does with the gradient before the weights move.</summary>
public sealed class TrainedNetworkTests
{
    [Theory]
    [InlineData(null, 50)]
    [InlineData(10.0, 10)]
    [InlineData(100.0, 50)]
    public void A_gradient_is_clipped_to_the_norm_that_is_set(double? limit, double norm)
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Linear(2, 1, hasBias: false);
        using var trained = new TrainedNetwork(layer, new OptimizerSettings { ClipNorm = limit }, 1, new StateHold());

        trained.Differentiate(layer.forward(tensor(new[] { 30f, 40f })).sum());

        Assert.Equal(norm, trained.Parameters.Trained[0].Gradients!.norm().item<float>(), 1e-3);
    }

    [Fact]
    public void Losses_are_added_and_each_is_made_after_the_one_before_has_been_differentiated()
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Linear(1, 1, hasBias: false);
        using var trained = new TrainedNetwork(layer, new OptimizerSettings { ClipNorm = 10 }, 1, new StateHold());
        var gradients = trained.Parameters.Trained[0].Gradients!;
        var seen = new List<float>();

        trained.Differentiate(Losses());

        // What is clipped is the sum.
        Assert.Equal([0, 3, 7], seen);
        Assert.Equal(10, gradients.item<float>(), 1e-4);

        IEnumerable<Tensor> Losses()
        {
            foreach (var factor in new[] { 3f, 4f, 5f })
            {
                seen.Add(gradients.item<float>());
                yield return layer.forward(full(1, 1, factor)).sum();
            }
        }
    }
    [Fact]
    public void Frozen_weights_get_no_gradient_and_let_it_through_until_they_are_released()
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Linear(1, 1, hasBias: false);
        using var trained = new TrainedNetwork(layer, new OptimizerSettings(), 1, new StateHold());
        var gradients = trained.Parameters.Trained[0].Gradients!;
        var input = full(1, 1, 2f).requires_grad_();

        using (trained.FreezeWeights())
        {
            layer.forward(input).sum().backward();
        }

        Assert.Equal(0, gradients.item<float>());
        Assert.Equal(layer.weight.item<float>(), input.grad!.item<float>());
        layer.forward(input).sum().backward();
        Assert.Equal(2, gradients.item<float>());
    }
}
