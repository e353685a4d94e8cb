namespace DisBack.Contracts.Documents;

/// <summary>A file of a model of pictures.</summary>
/// <param name="Path">Its path in the model's folder with slashes, or for a file that is added to a model the name that people know it by.</param>
/// <param name="Content">Its bytes.</param>
[GenerateSerializer, Immutable, Alias("disback.ModelFile.v1")]
public sealed record ModelFile([property: Id(0)] string Path, [property: Id(1)] ContentRef Content);

/// <summary>A file of low-rank adapters (LoRA) of a model of pictures.</summary>
/// <param name="Name">The name that people know it by.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Strength">What the adapters are multiplied by beside their own scale; 1 is as they were trained.</param>
[GenerateSerializer, Immutable, Alias("disback.ModelAdapter.v1")]
public sealed record ModelAdapter([property: Id(0)] string Name, [property: Id(1)] ContentRef Content, [property: Id(2)] double Strength = 1);
