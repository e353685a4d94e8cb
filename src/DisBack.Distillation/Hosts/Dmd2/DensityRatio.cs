using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.Dmd2;

/// <summary>
/// How much a sample counts when a divergence of another f than that of the reverse KL is minimised: h(r) = f''(r) r^2, where r is the density of the target
/// over that of the student (f-distill, arXiv 2502.15681, Table 1).
/// </summary>
internal static class DensityRatio
{
    /// <summary>Weights [B,1,1,1] whose mean over the batch is 1.</summary>
    /// <param name="logits">The discriminator's logits [B], which are log r where it is optimal.</param>
    /// <param name="settings">The divergence, and the bounds of r.</param>
    public static Tensor Weights(Tensor logits, FDistillSettings settings)
    {
        var bound = Math.Log(settings.LargestRatio);
        var weights = Of(settings.Divergence, logits.clamp(-bound, bound).exp());
        return (weights / weights.mean()).view(-1, 1, 1, 1);
    }

    /// <summary>h(r).</summary>
    public static Tensor Of(Divergence divergence, Tensor ratio) => divergence switch
    {
        Divergence.ReverseKl => ones_like(ratio),
        Divergence.ForwardKl => ratio,
        Divergence.JensenShannon => ratio / (1 + ratio),
        Divergence.Jeffreys => 1 + ratio,
        Divergence.Hellinger => ratio.sqrt() / 2,
        Divergence.SoftenedReverseKl => 1 / (1 + ratio),
        _ => throw new ArgumentOutOfRangeException(nameof(divergence), divergence, "There is no such divergence."),
    };
}
