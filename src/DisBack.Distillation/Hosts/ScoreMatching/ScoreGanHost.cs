using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.ScoreMatching;

/// <summary>
/// Score GAN: (D_phi - D_i) / sigma, that is Eq. (8) with w = sigma, and an unweighted loss of the fake score (arXiv 2305.16150; gpm,
/// models/score_gan/score_gan.py).
/// </summary>
internal sealed class ScoreGanHost(HostContext context, ScoreGanSettings settings) : ScoreMatchingHost(context, settings)
{
    protected override Tensor Gradient(Tensor difference, Tensor residual, Tensor sigma) => difference / sigma;

    protected override Tensor FakeWeight(Tensor sigma) => ones_like(sigma);
}
