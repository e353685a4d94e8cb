using DisBack.Diffusion.Pictures;

namespace DisBack.Diffusion.Data;

/// <summary>A folder of pictures; names of subfolders, if there are any, are the classes. Everything is in ordinal order of names.</summary>
internal static class ImageFolder
{
    /// <summary>What a folder holds; no picture is opened.</summary>
    /// <exception cref="DisBackException">The folder is missing, holds no pictures, mixes them with folders, or nests folders in those of classes.</exception>
    public static PictureSet List(string folder)
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
        return new(
            files,
            kept.Length == 0 ? null : [.. kept.SelectMany((one, label) => Enumerable.Repeat((long)label, one.Second.Length))],
            PictureReader.Read)
        {
            Notes =
            [
                .. PictureSet.Note($"{folder}: hidden and system entries are passed over", hidden),
                .. PictureSet.Note($"{folder}: files of other kinds than {PictureReader.Extensions} are passed over", others),
                .. PictureSet.Note($"{folder}: folders without a picture are no classes", empty),
            ],
        };

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
            var isShown = PictureSet.IsShown(Path.GetFileName(entry));
            if (!isShown)
            {
                hidden.Add(Path.GetRelativePath(folder, entry));
            }
            return isShown;
        }
    }
}
