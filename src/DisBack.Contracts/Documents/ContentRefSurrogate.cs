namespace DisBack.Contracts.Documents;

/// <summary>How a <see cref="ContentRef"/> crosses grain calls; the type itself knows nothing of Orleans.</summary>
[GenerateSerializer, Immutable, Alias("disback.ContentRef.v1")]
internal struct ContentRefSurrogate
{
    /// <summary>See <see cref="ContentRef.Digest"/>.</summary>
    [Id(0)] public string Digest;

    /// <summary>See <see cref="ContentRef.Length"/>.</summary>
    [Id(1)] public long Length;
}

/// <summary>Converts between a <see cref="ContentRef"/> and its surrogate.</summary>
[RegisterConverter]
internal sealed class ContentRefConverter : IConverter<ContentRef, ContentRefSurrogate>
{
    /// <inheritdoc/>
    public ContentRef ConvertFromSurrogate(in ContentRefSurrogate surrogate) => new(surrogate.Digest, surrogate.Length);

    /// <inheritdoc/>
    public ContentRefSurrogate ConvertToSurrogate(in ContentRef value) => new() { Digest = value.Digest, Length = value.Length };
}
