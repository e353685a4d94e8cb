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

    public Tensor forward(Tensor x) => IsFused(x) ? Fused(x, shift: null, silu: false) : Normalised(x);

    /// <summary>silu(norm(x + shift)).</summary>
    /// <param name="x">[B,C,H,W]; the sum may replace it.</param>
    /// <param name="shift">[B,C,1,1] or [1,C,1,1]; null is nothing.</param>
    public Tensor ForwardSilu(Tensor x, Tensor? shift = null)
    {
        if (IsFused(x))
        {
            return Fused(x, shift, silu: true);
        }
        return functional.silu(Normalised(shift is null ? x : x.add_(shift)));
    }

    private Tensor Normalised(Tensor x) => functional.group_norm(x, groups, weight.RoundedTo(x.dtype), bias.RoundedTo(x.dtype), epsilon);

    private bool IsFused(Tensor x) =>
        ChannelsLast.Is(x) && x.size(1) % GroupNormKernels.Lanes == 0 && x.dtype == ScalarType.Float32 && weight.dtype == ScalarType.Float32
        && x.numel() <= ChannelsLastGroupNorm.MostElements;

    private Tensor Fused(Tensor x, Tensor? shift, bool silu)
    {
        using var scope = NewDisposeScope();
        shift = shift?.flatten(1).expand(x.size(0), -1).contiguous();
        return ChannelsLastGroupNorm.Apply(x.permute(0, 2, 3, 1).contiguous(), weight, bias, shift, groups, epsilon, silu)
            .permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
