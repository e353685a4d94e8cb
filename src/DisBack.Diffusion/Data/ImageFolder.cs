using System.Globalization;
using DisBack.Diffusion.Pictures;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Data;

/// <summary>A folder of pictures; names of subfolders, if there are any, are the classes. Everything is in ordinal order of names.</summary>
/// <param name="Files">The pictures.</param>
/// <param name="Labels">The class of each picture, from 0; empty if there are no classes.</param>
/// <param name="Classes">The names of the classes; empty if there are none.</param>
/// <param name="Notes">What was passed over, a sentence each.</param>
internal sealed record ImageFolder(IReadOnlyList<string> Files, IReadOnlyList<long> Labels, IReadOnlyList<string> Classes, IReadOnlyList<string> Notes)
{
    private const int MostNamed = 5;

    private static readonly double[] s_luma = [0.299, 0.587, 0.114]; // Rec. 601

    /// <summary>What a folder holds; no picture is opened.</summary>
    /// <exception cref="DisBackException">The folder is missing, holds no pictures, mixes them with folders, or nests folders in those of classes.</exception>
    public static ImageFolder List(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DisBackException($"There is no folder {folder}: check the path of the data set.");
        }
        List<string> hidden = [], others = [], empty = [];
        var files = PicturesIn(folder);
        var classes = Directory.GetDirectories(folder).Where(IsShown).Order(StringComparer.Ordinal).ToArray();
        if (files.Length > 0 && classes.Length > 0)
        {
            throw new DisBackException(
                $"{folder} holds both images and folders: put every image into the folder of its class, or all of them into one folder without classes.");
        }
        var byClass = classes.Select(InClass).ToArray();
        var kept = classes.Zip(byClass).Where(one => one.Second.Length > 0).ToArray();
        empty.AddRange(classes.Zip(byClass).Where(one => one.Second.Length == 0).Select(one => Path.GetFileName(one.First)));
        files = kept.Length > 0 ? [.. kept.SelectMany(one => one.Second)] : files;
        if (files.Length == 0)
        {
            throw new DisBackException($"{folder} holds no picture ({PictureReader.Extensions}): check the path of the data set.");
        }
        List<string> notes = [];
        Note($"{folder}: hidden and system entries are passed over", hidden);
        Note($"{folder}: files of other kinds than {PictureReader.Extensions} are passed over", others);
        Note($"{folder}: folders without a picture are no classes", empty);
        return new(
            files,
            [.. kept.SelectMany((one, label) => Enumerable.Repeat((long)label, one.Second.Length))],
            [.. kept.Select(one => Path.GetFileName(one.First))],
            notes);

        string[] InClass(string of)
        {
            var nested = Directory.GetDirectories(of).Where(IsShown).Order(StringComparer.Ordinal).FirstOrDefault();
            return nested is null
                ? PicturesIn(of)
                : throw new DisBackException($"{nested} is a folder inside the folder of a class: put its images into the class, or make it a class.");
        }

        string[] PicturesIn(string of)
        {
            var shown = Directory.GetFiles(of).Where(IsShown).ToLookup(PictureReader.Reads);
            others.AddRange(shown[false].Select(file => Path.GetRelativePath(folder, file)));
            return [.. shown[true].Order(StringComparer.Ordinal)];
        }

        bool IsShown(string entry)
        {
            // Left by desktops, editors and archives: .DS_Store, ._photo.jpg, .ipynb_checkpoints, __MACOSX.
            var name = Path.GetFileName(entry);
            var isShown = name[0] != '.' && name is not ("__MACOSX" or "Thumbs.db" or "desktop.ini");
            if (!isShown)
            {
                hidden.Add(Path.GetRelativePath(folder, entry));
            }
            return isShown;
        }

        void Note(string what, List<string> names)
        {
            if (names.Count > 0)
            {
                names.Sort(StringComparer.Ordinal);
                var more = names.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {names.Count - MostNamed:N0} more") : "";
                notes.Add($"{what}: {string.Join(", ", names.Take(MostNamed))}{more}.");
            }
        }
    }

    /// <summary>The height and width of the first picture, which the others must have too where they are not resized.</summary>
    public int FirstSide()
    {
        using var first = ReadImage(Files[0], null, 3);
        return (int)first.shape[^1];
    }

    /// <summary>Every picture as uint8 [channels, R, R]; the caller disposes each.</summary>
    /// <param name="resolution">The resolution R to crop and average to; null keeps the pictures, which must then be squares of one size.</param>
    /// <param name="channels">1 for grey, 3 for RGB.</param>
    /// <exception cref="DisBackException">A file is no picture, or has another size than the first.</exception>
    public IEnumerable<Tensor> Images(int? resolution, int channels)
    {
        var first = 0L;
        foreach (var file in Files)
        {
            var image = ReadImage(file, resolution, channels);
            var side = image.shape[^1];
            first = first == 0 ? side : first;
            if (side != first)
            {
                image.Dispose();
                throw new DisBackException(
                    $"{file} is {side}x{side} where {Files[0]} is {first}x{first}: give the data set a resolution so that images are resized.");
            }
            yield return image;
        }
    }

    private static Tensor ReadImage(string file, int? resolution, int channels)
    {
        using var scope = NewDisposeScope();
        var image = PictureReader.Read(file);
        if (resolution is null && image.shape[1] != image.shape[2])
        {
            throw new DisBackException($"{file} is {image.shape[2]}x{image.shape[1]}, not a square: give the data set a resolution so that images are "
                + "cropped and resized.");
        }
        if (channels == 1)
        {
            // Grey pixels (r = g = b) must come out as they are although the weights do not add up to 1 exactly: rounded, not cut.
            image = ((image.to(float64) * tensor(s_luma).view(3, 1, 1)).sum(0, keepdim: true) + 0.5).floor().to(uint8);
        }
        return (resolution is { } side ? ImageDataset.Resize(image, side) : image).contiguous().MoveToOuterDisposeScope();
    }
}
