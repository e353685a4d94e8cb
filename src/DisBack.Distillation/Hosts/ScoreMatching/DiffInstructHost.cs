using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.ScoreMatching;

/// <summary>Diff-Instruct: D_phi - D_i, that is Eq. (8) with w = sigma^2 (diff_instruct, training/di_loss.py).</summary>
internal sealed class DiffInstructHost(HostContext context) : ScoreMatchingHost(context)
{
    protected override Tensor Gradient(Tensor difference, Tensor residual, Tensor sigma) => difference;
}
