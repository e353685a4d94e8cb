namespace DisBack.Contracts.Documents;

/// <summary>A registered model of pictures. State name <c>model</c>.</summary>
[GenerateSerializer, Immutable, Alias("disback.ModelDocument.v1")]
public sealed record ModelDocument
{
    /// <summary>Version of this document's form.</summary>
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>The model's name.</summary>
    [Id(1)] public string Id { get; init; } = "";

    /// <summary>When it was registered; the default where there is none.</summary>
    [Id(2)] public DateTimeOffset Registered { get; init; }

    /// <summary>Its files.</summary>
    [Id(3)] public ModelManifest Manifest { get; init; } = new();
}
