namespace DisBack.Contracts.Documents;

/// <summary>Names immutable bytes of the content store: a checkpoint, a node, a teacher, a picture.</summary>
/// <param name="Digest">SHA-256 of the bytes, 64 lower-case hexadecimal digits.</param>
/// <param name="Bytes">Length in bytes.</param>
[GenerateSerializer, Immutable, Alias("disback.ContentRef.v1")]
public sealed record ContentRef([property: Id(0)] string Digest, [property: Id(1)] long Bytes)
{
    /// <summary>The first twelve digits, for people.</summary>
    public override string ToString() => Digest.Length > 12 ? Digest[..12] : Digest;
}
