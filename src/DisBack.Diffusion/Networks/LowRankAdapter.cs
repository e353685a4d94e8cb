using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// What is added to the weights of a layer: a product of two small matrices, of which one is zero at first, so that the layer begins as it was
/// (LoRA, arXiv 2106.09685, with alpha equal to the rank).
/// </summary>
internal sealed class LowRankAdapter : nn.Module
{
    /// <summary>The name of the module in its layer.</summary>
    public const string Name = "adapter";

    private readonly Parameter down;
    private readonly Parameter up;

    /// <param name="weight">The weights of the layer, [out,...].</param>
    /// <param name="rank">The rank of the addition, at most that of the weights.</param>
    /// <param name="init">Where the matrix that is not zero comes from.</param>
    public LowRankAdapter(Tensor weight, int rank, Generator init)
        : base(nameof(LowRankAdapter))
    {
        var outputs = weight.size(0);
        var inputs = weight.numel() / outputs;
        rank = (int)Math.Min(rank, Math.Min(inputs, outputs));
        down = new Initialization(InitialDistribution.KaimingUniform).DrawWeight(init, inputs, outputs, rank, inputs);
        up = new Initialization(InitialDistribution.KaimingUniform, Weight: 0).DrawWeight(init, rank, outputs, outputs, rank);
        RegisterComponents();
        _ = this.to(weight.device);
    }

    /// <summary>The weights with the addition.</summary>
    public Tensor AddedTo(Tensor weight) => weight + up.matmul(down).view(weight.shape);
}
