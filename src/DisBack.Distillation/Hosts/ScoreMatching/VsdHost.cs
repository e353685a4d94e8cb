using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.ScoreMatching;

/// <summary>
/// VSD: eps_i - eps_phi = (D_phi - D_i) / sigma, with weight 1 (ProlificDreamer, arXiv 2305.16213, Eq. 9), and a fake score that may be a low-rank adapter.
/// </summary>
internal sealed class VsdHost(HostContext context, VsdSettings settings) : ScoreMatchingHost(context, settings, settings.FakeRank)
{
    protected override Tensor Gradient(Tensor difference, Tensor residual, Tensor sigma) => difference / sigma;
}
