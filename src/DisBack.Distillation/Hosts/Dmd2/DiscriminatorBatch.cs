using DisBack.Diffusion.Conditions;
using DisBack.Distillation.Optimization;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.Dmd2;

/// <summary>What a discriminator learns from in a step beside the generated samples: the noise of these, and real ones with theirs.</summary>
/// <param name="GeneratedSigma">Noise levels of the generated samples, [B,1,1,1].</param>
/// <param name="GeneratedNoise">Their unit noise, [B,C,H,W].</param>
/// <param name="Real">Real samples, [B,C,H,W].</param>
/// <param name="RealSigma">Their noise levels, [B,1,1,1].</param>
/// <param name="RealNoise">Their unit noise, [B,C,H,W].</param>
/// <param name="RealCondition">What they show, or null.</param>
internal sealed record DiscriminatorBatch(
    Tensor GeneratedSigma, Tensor GeneratedNoise, Tensor Real, Tensor RealSigma, Tensor RealNoise, Condition? RealCondition)
{
    /// <summary>All of it, in a fixed order.</summary>
    public IReadOnlyList<Tensor> Tensors => [GeneratedSigma, GeneratedNoise, Real, RealSigma, RealNoise, .. RealCondition?.Parts ?? []];

    /// <summary>What a part of the batch sees.</summary>
    public DiscriminatorBatch Rows(BatchRows part) => With([.. Tensors.Select(part.Of)]);

    /// <summary>The same in other tensors, as <see cref="Tensors"/>.</summary>
    public DiscriminatorBatch With(IReadOnlyList<Tensor> tensors) =>
        new(tensors[0], tensors[1], tensors[2], tensors[3], tensors[4], RealCondition?.Of([.. tensors.Skip(5)]));
}
