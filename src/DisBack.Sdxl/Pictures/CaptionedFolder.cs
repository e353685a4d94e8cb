using DisBack.Diffusion.Pictures;
using DisBack.Specs.Files;

namespace DisBack.Sdxl.Pictures;

/// <summary>Pictures in a folder, each with its caption in a text file of the same name; in ordinal order of names.</summary>
internal sealed class CaptionedFolder : ICaptionedPictures
{
    private readonly string[] _files;

    /// <param name="folder">The folder; what lies in folders of it is passed over.</param>
    public CaptionedFolder(string folder)
    {
        _files =
        [
            .. Directory.GetFiles(folder).Where(file => PictureReader.Reads(file) && !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal),
        ];
        var inner = Directory.GetDirectories(folder).Count(inner => !Path.GetFileName(inner).StartsWith('.'));
        Notes = inner > 0 ? [$"'{folder}' has {inner} folders, which are passed over."] : [];
    }

    /// <inheritdoc/>
    public long Length => _files.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes { get; }

    /// <inheritdoc/>
    public IEnumerable<CaptionedPicture> Read()
    {
        for (var i = 0; i < _files.Length; i++)
        {
            var text = Path.ChangeExtension(_files[i], ".txt");
            if (!File.Exists(text))
            {
                throw new DisBackException($"'{_files[i]}' has no caption: write it into '{Path.GetFileName(text)}' beside it.");
            }
            // An empty file is an empty caption.
            var caption = new FileInfo(text).Length == 0 ? "" : Caption.InText(RegularFile.ReadAllBytes(text, Caption.MostBytes), text);
            yield return new(_files[i], RegularFile.ReadAllBytes(_files[i], PictureReader.MostFileBytes), caption, i + 1);
        }
    }
}
