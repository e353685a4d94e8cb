using DisBack.Specs.Files;

namespace DisBack.Diffusion.Files;

/// <summary>What a file says of one of its tensors.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Extents; empty for a scalar.</param>
public record TensorEntry(ElementType Type, IReadOnlyList<long> Shape)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (elements, extent) => elements * extent);
}
