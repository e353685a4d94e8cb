namespace DisBack.Sdxl.Pictures;

/// <summary>A picture with its caption, as somebody stored it.</summary>
/// <param name="Name">What errors call it.</param>
/// <param name="Bytes">The file of the picture.</param>
/// <param name="Caption">Its caption; may be empty.</param>
/// <param name="Position">How far into its source it ends, see <see cref="ICaptionedPictures.Length"/>.</param>
internal sealed record CaptionedPicture(string Name, byte[] Bytes, string Caption, long Position);
