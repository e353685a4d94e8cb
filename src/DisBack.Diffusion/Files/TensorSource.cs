using DisBack.Specs.Files;

namespace DisBack.Diffusion.Files;

/// <summary>A tensor of a safetensors file that is made while it is written, so that it need not fit into memory.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Extents.</param>
/// <param name="Write">Writes exactly the bytes of its elements.</param>
internal sealed record TensorSource(string Name, ElementType Type, IReadOnlyList<long> Shape, Action<Stream> Write);
