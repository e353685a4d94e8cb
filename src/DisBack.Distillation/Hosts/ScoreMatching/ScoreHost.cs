using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.ScoreMatching;

/// <summary>Plain Eq. (8): (D_phi - D_i) / sigma^2.</summary>
internal sealed class ScoreHost(HostContext context, ScoreSettings settings) : ScoreMatchingHost(context, settings)
{
    protected override Tensor Gradient(Tensor difference, Tensor residual, Tensor sigma) => difference / sigma.square();
}
