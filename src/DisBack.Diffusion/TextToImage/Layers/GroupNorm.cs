using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.TextToImage.Layers;

/// <summary>Normalisation of groups of channels.</summary>
internal sealed class GroupNorm : nn.Module
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long groups;
    private readonly double epsilon;

    public GroupNorm(long groups, long channels, double epsilon, Placement placement)
        : base(nameof(GroupNorm))
    {
        (this.groups, this.epsilon) = (groups, epsilon);
        weight = placement.Reserve(channels);
        bias = placement.Reserve(channels);
        RegisterComponents();
    }

    public Tensor forward(Tensor x) => functional.group_norm(x, groups, weight.to(x.dtype), bias.to(x.dtype), epsilon);
}
