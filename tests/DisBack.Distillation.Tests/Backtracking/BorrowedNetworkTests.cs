using DisBack.Distillation.Backtracking;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Backtracking;

/// <summary>A network that is lent comes back once, and only looks can be taken at it.</summary>
public sealed class BorrowedNetworkTests
{
    [Fact]
    public void A_frozen_network_is_evaluated_without_gradients_and_gone_when_it_is_given_back()
    {
        var before = TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (var borrowed = BorrowedNetwork.Freeze(TinyNetwork.Open()))
        {
            Assert.False(borrowed.Network.training);
            Assert.All(borrowed.Network.parameters(), parameter => Assert.False(parameter.requires_grad));
        }

        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    /// <summary>Half the memory, and no rounding in each call.</summary>
    [Theory]
    [InlineData(Precision.Fp32, ScalarType.Float32)]
    [InlineData(Precision.Bf16, ScalarType.BFloat16)]
    public void A_frozen_network_keeps_the_weights_of_its_blocks_in_the_type_in_which_they_compute(Precision precision, ScalarType type)
    {
        var network = TinyNetwork.Open();
        network.Precision = precision;

        using var borrowed = BorrowedNetwork.Freeze(network);

        var convolution = borrowed.Network.named_parameters().First(entry => entry.parameter.dim() == 4);
        Assert.Equal(type, convolution.parameter.dtype);
    }

    [Fact]
    public void Every_borrower_gives_the_same_network_back_once()
    {
        using var owned = BorrowedNetwork.Freeze(TinyNetwork.Open());
        var returned = 0;
        var lent = owned.LendOn(() => returned++);
        Assert.Same(owned.Network, lent.Network);

        lent.Dispose();
        lent.Dispose();

        Assert.Equal(1, returned);
        Assert.NotEmpty(owned.Network.parameters());
    }
}
