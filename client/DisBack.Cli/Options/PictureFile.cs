using DisBack.Diffusion.Pictures;
using DisBack.Specs.Files;

namespace DisBack.Cli.Options;

/// <summary>A picture that a command is to write, checked before anything is computed for it.</summary>
/// <param name="Path">The file, as a full path.</param>
/// <param name="Format">What its name says it is.</param>
internal sealed record PictureFile(string Path, PictureFormat Format)
{
    /// <summary>The file that a user means.</summary>
    /// <param name="text">A file, or a folder.</param>
    /// <param name="name">The file's name in a folder.</param>
    /// <param name="option">The option that says so.</param>
    /// <exception cref="DisBackException">There is no such folder, or no picture has such a name.</exception>
    public static PictureFile Of(string text, string name, string option)
    {
        var path = System.IO.Path.GetFullPath(UserPath.Expand(text));
        var file = Directory.Exists(path) ? System.IO.Path.Combine(path, name) : path;
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(file)))
        {
            throw new DisBackException($"The picture cannot be written to '{file}': there is no such folder; make it, or name another file with {option}.");
        }
        return new(file, PictureFormats.Of(file));
    }

    /// <summary>Writes the picture; the file is there when all of it is.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="texts">What a PNG says of itself; other pictures say nothing.</param>
    /// <exception cref="DisBackException">It cannot be written.</exception>
    public void Write(ImageGrid picture, IEnumerable<KeyValuePair<string, string>>? texts = null) => Write(stream => Save(picture, texts, stream));

    /// <summary>Writes a picture that is encoded already.</summary>
    /// <exception cref="DisBackException">It cannot be written.</exception>
    public void Write(ReadOnlyMemory<byte> encoded) => Write(stream => stream.Write(encoded.Span));

    private void Write(Action<Stream> save)
    {
        try
        {
            ReplacedFile.Write(Path, save);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new DisBackException($"The picture '{Path}' cannot be written: {cause.Message.TrimEnd('.')}; name another place.", cause);
        }
    }

    private void Save(ImageGrid picture, IEnumerable<KeyValuePair<string, string>>? texts, Stream stream)
    {
        if (texts is null || Format != PictureFormat.Png)
        {
            picture.Save(stream);
            return;
        }
        using var encoded = new MemoryStream();
        picture.Save(encoded);
        PngText.Write(encoded.GetBuffer().AsSpan(0, (int)encoded.Length), texts, stream);
    }
}
