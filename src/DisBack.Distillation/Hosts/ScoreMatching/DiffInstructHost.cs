using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.ScoreMatching;

/// <summary>Diff-Instruct: D_phi - D_i, that is Eq. (8) with w = sigma^2 (diff_instruct, training/di_loss.py).</summary>
internal sealed class DiffInstructHost(HostContext context, DiffInstructSettings settings) : ScoreMatchingHost(context, settings)
{
    protected override Tensor Gradient(Tensor difference, Tensor residual, Tensor sigma) => difference;
}
