using DisBack.Diffusion.Parameters;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Parameters;

/// <summary>Adam over the flat buffer is libtorch's Adam.</summary>
public sealed class FlatAdamTests
{
    [Theory]
    [InlineData(0.9, 0.999, 1e-8, 0)]
    [InlineData(0.0, 0.999, 1e-8, 0)]
    [InlineData(0.5, 0.9, 1e-4, 0)]
    [InlineData(0.9, 0.999, 1e-8, 0.1)]
    public void It_agrees_with_Adam_and_with_weight_decay_with_AdamW_of_libtorch(double beta1, double beta2, double epsilon, double weightDecay)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using nn.Module<Tensor, Tensor> theirs = nn.Linear(7, 5), ours = nn.Linear(7, 5);
        ours.load_state_dict(theirs.state_dict());
        using optim.Optimizer reference = weightDecay > 0
            ? optim.AdamW(theirs.parameters(), 1e-2, beta1, beta2, epsilon, weightDecay)
            : optim.Adam(theirs.parameters(), 1e-2, beta1, beta2, epsilon);
        using var groups = ParameterGroups.Attach(ours, trained: true);
        using var adam = new FlatAdam(groups, beta1, beta2, epsilon, weightDecay);
        for (var step = 0; step < 20; step++)
        {
            var x = randn([3, 7], generator: generator);
            reference.zero_grad();
            theirs.forward(x).square().sum().backward();
            reference.step();
            groups.ZeroGradients();
            ours.forward(x).square().sum().backward();
            adam.Step(1e-2);
        }

        Assert.All(theirs.parameters().Zip(ours.parameters()), pair => Assert.True(pair.First.allclose(pair.Second, rtol: 1e-5, atol: 1e-6)));
    }

    [Fact]
    public void A_long_gradient_is_scaled_to_the_limit_and_a_short_one_left_alone()
    {
        using var scope = NewDisposeScope();
        using var module = nn.Linear(2, 1, hasBias: false);
        using var groups = ParameterGroups.Attach(module, trained: true);
        var buffer = groups.Trained[0];
        buffer.Gradients!.copy_(tensor(new[] { 3f, 4f }));
        ParameterGroups.ClipGradients(10, groups);
        Assert.Equal([3f, 4f], buffer.Gradients.data<float>());
        ParameterGroups.ClipGradients(1, groups);
        Assert.Equal(1, buffer.Gradients.norm().item<float>(), 1e-6);
    }

    [Fact]
    public void A_gradient_that_is_not_a_number_moves_nothing()
    {
        using var scope = NewDisposeScope();
        using var module = nn.Linear(2, 1, hasBias: false);
        using var groups = ParameterGroups.Attach(module, trained: true);
        var buffer = groups.Trained[0];
        using var adam = new FlatAdam(groups, 0.9, 0.999, 1e-8);
        var before = buffer.Weights.clone();
        buffer.Gradients!.fill_(float.NaN);
        groups.CleanGradients();
        adam.Step(1e-1);
        Assert.True(before.equal(buffer.Weights).all().item<bool>());
    }

    [Fact]
    public void The_moving_average_keeps_the_part_it_is_told_to()
    {
        using var scope = NewDisposeScope();
        using var module = nn.Linear(2, 1, hasBias: false);
        using var groups = ParameterGroups.Attach(module, trained: true);
        var buffer = groups.Trained[0];
        using (no_grad())
        {
            buffer.Weights.fill_(1);
        }

        using var average = new MovingAverage(groups);
        using (no_grad())
        {
            buffer.Weights.fill_(2);
        }

        average.Update(0.75);
        Assert.All(average.Weights[0].data<float>(), value => Assert.Equal(1.25f, value));
    }
}
