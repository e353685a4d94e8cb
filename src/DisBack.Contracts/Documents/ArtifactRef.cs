namespace DisBack.Contracts.Documents;

/// <summary>A file that a run leaves behind, for example <c>student.safetensors</c> or <c>samples.png</c>.</summary>
/// <param name="Name">File name, unique within the run.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Step">Step at which it was made.</param>
[GenerateSerializer, Immutable, Alias("disback.ArtifactRef.v1")]
public sealed record ArtifactRef([property: Id(0)] string Name, [property: Id(1)] ContentRef Content, [property: Id(2)] long Step);
