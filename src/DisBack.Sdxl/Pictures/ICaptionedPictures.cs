namespace DisBack.Sdxl.Pictures;

/// <summary>Pictures with captions in an order, each read when its turn comes.</summary>
internal interface ICaptionedPictures
{
    /// <summary>The position behind the last picture: in a unit of the source's own, for a sense of progress.</summary>
    long Length { get; }

    /// <summary>What was passed over, a sentence each; known when all have been read.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>Reads all of them, from the first; may be called again.</summary>
    /// <exception cref="DisBackException">A file is damaged, or a picture has no caption.</exception>
    IEnumerable<CaptionedPicture> Read();
}
