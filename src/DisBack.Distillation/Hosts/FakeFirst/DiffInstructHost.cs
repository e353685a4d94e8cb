using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.FakeFirst;

/// <summary>
/// Diff-Instruct as it was released: the fake score moves first, and the generator on fresh noise with the same labels, along D_phi - D_i, that is Eq. (8) with
/// w = sigma^2 (arXiv 2305.18455; diff_instruct, training/di_loss.py).
/// </summary>
internal sealed class DiffInstructHost(HostContext context, DiffInstructSettings settings)
    : FakeFirstHost(context, settings, settings.Noise, settings.Dropout, settings.Augmentation)
{
    protected override bool KeepsConditions => true;

    protected override IReadOnlyList<Tensor> DifferentiateGenerator(Draw draw, TargetScore target)
    {
        Tensor images, difference, gap;
        using (DropoutOfGenerator(draw))
        {
            images = Generator.Generate(draw.Latents, draw.Condition);
        }
        var x0 = images.detach();
        using (DropoutOfScores(draw))
        using (no_grad())
        {
            var noisy = x0 + draw.Sigma * draw.Noise;
            var denoised = target.Denoise(noisy, draw.Sigma, draw.Condition);
            difference = Fake.Network.forward(noisy, draw.Sigma, draw.Condition) - denoised;
            gap = difference.abs().mean() / (x0 - denoised).abs().mean();
        }
        var loss = (difference * images).sum() / images.size(0);
        Generator.Differentiate(loss);
        return [loss, x0, gap];
    }
}
