using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.Networks;

/// <summary>Normalisation of groups of at least four channels, at most 32 groups. TorchSharp's own leaves its affine parameters uninitialised.</summary>
internal sealed class GroupNorm : nn.Module
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long groups;
    private readonly double epsilon;

    public GroupNorm(int channels, double epsilon)
        : base(nameof(GroupNorm))
    {
        groups = Math.Min(32, channels / 4);
        if (groups == 0 || channels % groups != 0)
        {
            throw new DisBackException($"The network settings are impossible: {channels} channels meet in one layer and cannot be normalised in {groups} equal "
                + "groups; choose model_channels a multiple of 32.");
        }
        this.epsilon = epsilon;
        weight = (Parameter)new Parameter(ones(channels)).DetachFromDisposeScope();
        bias = (Parameter)new Parameter(zeros(channels)).DetachFromDisposeScope();
        RegisterComponents();
    }

    public Tensor forward(Tensor x) => functional.group_norm(x, groups, weight, bias, epsilon);
}
