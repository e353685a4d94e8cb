using DisBack.Diffusion.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Parameters;

/// <summary>Networks of two types, with frozen parts, or too large for one tensor, are trained like one that is neither.</summary>
public sealed class ParameterGroupsTests
{
    [Fact]
    public void A_frozen_half_precision_base_with_a_trained_part_is_two_groups()
    {
        using var scope = NewDisposeScope();
        using var network = TwoLayers();
        network.children().First().to(ScalarType.Float16);
        using var groups = ParameterGroups.Attach(network, name => name.StartsWith("1.", StringComparison.Ordinal));
        Assert.Equal([(ScalarType.Float16, false), (ScalarType.Float32, true)], groups.All.Select(group => (group.Weights.dtype, group.Gradients is not null)));
        Assert.Equal(["1.weight", "1.bias"], Assert.Single(groups.Trained).Slots.Select(slot => slot.Name));
        using var adam = new FlatAdam(groups, 0.9, 0.999, 1e-8);
        Assert.Single(adam.State[0].Groups);
    }

    [Fact]
    public void A_network_in_several_groups_is_updated_and_averaged_as_in_one()
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> one = TwoLayers(), several = TwoLayers();
        using var whole = ParameterGroups.Attach(one, trained: true);
        using var parts = ParameterGroups.Attach(several, _ => true, largest: 10);
        Assert.Single(whole.All);
        Assert.Equal([9L, 8L], parts.All.Select(group => group.Weights.numel()).ToArray());
        foreach (var (network, groups) in new[] { (one, whole), (several, parts) })
        {
            using var adam = new FlatAdam(groups, 0.9, 0.999, 1e-8);
            using var average = new MovingAverage(groups);
            for (var step = 0; step < 5; step++)
            {
                groups.ZeroGradients();
                network.forward(ones(1, 2)).square().sum().backward();
                ParameterGroups.ClipGradients(0.1, groups);
                adam.Step(1e-2);
                average.Update(0.9);
            }

            average.CopyTo(network);
        }

        Assert.All(one.parameters().Zip(several.parameters()), pair => Assert.True(pair.First.allclose(pair.Second, rtol: 1e-5, atol: 1e-7)));
    }

    [Fact]
    public void Gradients_of_two_networks_are_clipped_as_one()
    {
        using var scope = NewDisposeScope();
        using nn.Module a = nn.Linear(1, 1, hasBias: false), b = nn.Linear(1, 1, hasBias: false);
        using ParameterGroups first = ParameterGroups.Attach(a, trained: true), second = ParameterGroups.Attach(b, trained: true);
        first.Trained[0].Gradients!.fill_(3);
        second.Trained[0].Gradients!.fill_(4);
        ParameterGroups.ClipGradients(1, first, second);
        Assert.Equal((0.6f, 0.8f), (first.Trained[0].Gradients!.item<float>(), second.Trained[0].Gradients!.item<float>()));
    }

    private static nn.Module<Tensor, Tensor> TwoLayers()
    {
        using var init = new Generator(2);
        var network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2));
        using (no_grad())
        {
            foreach (var parameter in network.parameters())
            {
                parameter.normal_(generator: init);
            }
        }

        return network;
    }
}
