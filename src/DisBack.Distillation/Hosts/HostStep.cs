using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts;

/// <summary>What one iteration of a host saw; tensors live in the caller's dispose scope.</summary>
/// <param name="Losses">Scalars by name, in the order in which they are shown.</param>
/// <param name="Generated">What was generated before the generator was updated; null where it was not updated.</param>
internal readonly record struct HostStep(IReadOnlyList<(string Name, Tensor Value)> Losses, GeneratorStep? Generated);

/// <summary>An update of the generator.</summary>
/// <param name="Images">The generated images x0, [B,C,H,W].</param>
/// <param name="Gap">The score gap to the target, mean |D_phi - D_i| over mean |x0 - D_i|, a scalar: what switching policies decide from.</param>
internal readonly record struct GeneratorStep(Tensor Images, Tensor Gap);
