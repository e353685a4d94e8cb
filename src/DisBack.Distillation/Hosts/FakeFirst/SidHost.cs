using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.FakeFirst;

/// <summary>
/// Score identity distillation (arXiv 2404.04057): the generator minimises an estimate of the Fisher divergence to the target that needs no score of its
/// images, and both scores are differentiated by what they are asked about.
/// </summary>
internal sealed class SidHost(HostContext context, SidSettings settings) : FakeFirstHost(context, settings, settings.FakeNoise)
{
    protected override bool KeepsConditions => false;

    /// <remarks>The loss is (D_i - D_phi) ((D_i - x0) - alpha (D_i - D_phi)) over the mean |x0 - D_i| of the sample.</remarks>
    protected override IReadOnlyList<Tensor> DifferentiateGenerator(Draw draw, TargetScore target)
    {
        using var frozen = Fake.Training.FreezeWeights();
        var images = Generator.Generate(draw.Latents, draw.Condition);
        var noisy = images + draw.Sigma * draw.Noise;
        var denoised = target.Denoise(noisy, draw.Sigma, draw.Condition);
        var difference = denoised - Fake.Network.forward(noisy, draw.Sigma, draw.Condition);
        Tensor residual, gap;
        using (no_grad())
        {
            residual = (images - denoised).abs().mean([1, 2, 3], keepdim: true);
            gap = difference.abs().mean() / residual.mean();
        }
        var loss = (difference * ((denoised - images) - settings.Alpha * difference) / residual.clamp_min(1e-5)).sum() / images.size(0);
        Generator.Differentiate(loss);
        return [loss, images.detach(), gap];
    }
}
