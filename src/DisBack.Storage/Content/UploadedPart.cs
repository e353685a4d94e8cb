namespace DisBack.Storage.Content;

/// <summary>A part of a content that is not whole yet.</summary>
/// <param name="Whole">The digest of the content.</param>
/// <param name="Part">The part's own address.</param>
/// <param name="Age">How long ago it arrived, or arrived again.</param>
/// <param name="ETag">The version of its blob.</param>
public sealed record UploadedPart(string Whole, ContentRef Part, TimeSpan Age, string ETag)
{
    /// <summary>Whether nobody has gone on with it for longer than a part is kept.</summary>
    public bool IsAbandoned => Age > ContentParts.Kept;

    /// <summary>Its key in the blob store.</summary>
    public string BlobName => ContentParts.NameOf(Whole, Part);
}
