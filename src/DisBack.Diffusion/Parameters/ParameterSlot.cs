namespace DisBack.Diffusion.Parameters;

/// <summary>One parameter's position in a <see cref="ParameterBuffer"/>.</summary>
/// <param name="Name">The key in the network's state dictionary.</param>
/// <param name="Shape">The parameter's shape.</param>
/// <param name="Offset">First element in the flat tensor.</param>
/// <param name="Count">Number of elements.</param>
public sealed record ParameterSlot(string Name, IReadOnlyList<long> Shape, long Offset, long Count);
