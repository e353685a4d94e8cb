using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.ScoreMatching;

/// <summary>DMD's normalised distribution matching: (D_phi - D_i) / (mean |x0 - D_i| + 1e-6), per sample (DMD2, main/edm/edm_guidance.py).</summary>
internal sealed class DmdHost(HostContext context, DmdSettings settings) : ScoreMatchingHost(context, settings)
{
    protected override Tensor Gradient(Tensor difference, Tensor residual, Tensor sigma) => difference / (residual + 1e-6);
}
