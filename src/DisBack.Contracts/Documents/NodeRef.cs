namespace DisBack.Contracts.Documents;

/// <summary>One node of a degradation trajectory: the score network after <paramref name="Step"/> steps of stage 1.</summary>
/// <param name="Index">Position: 0 is the exact teacher, the last node is the most degraded.</param>
/// <param name="Step">Recording step after which the network was taken.</param>
/// <param name="Content">The network's safetensors file.</param>
/// <param name="Loss">Denoising loss at that step, NaN-free; null for the teacher.</param>
[GenerateSerializer, Immutable, Alias("disback.NodeRef.v1")]
public sealed record NodeRef(
    [property: Id(0)] int Index,
    [property: Id(1)] long Step,
    [property: Id(2)] ContentRef Content,
    [property: Id(3)] double? Loss = null)
{
    /// <summary>Relative L2 distance of the weights to the node before; null for the teacher and where it was not measured.</summary>
    [Id(4)] public double? WeightDistance { get; init; }

    /// <summary>
    /// Distance of the outputs to the node before: mean |D - D_before| over mean |x0 - D_before| on noisy samples of the student; null as the one of the
    /// weights.
    /// </summary>
    [Id(5)] public double? OutputDistance { get; init; }
}
