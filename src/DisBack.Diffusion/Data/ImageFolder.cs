using DisBack.Diffusion.Pictures;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Data;

/// <summary>Reads a folder of PNG and JPEG files; names of subfolders, if there are any, are the classes. Everything is in ordinal order of names.</summary>
internal static class ImageFolder
{
    private static readonly double[] s_luma = [0.299, 0.587, 0.114]; // Rec. 601

    /// <summary>Images uint8 [N, channels, R, R] and, for a folder of folders, labels int64 [N] with the number of classes.</summary>
    /// <exception cref="DisBackException">
    /// The folder is missing, empty or mixes files with folders; a file is no image; sizes differ and <paramref name="resolution"/> is null.
    /// </exception>
    public static (Tensor Images, Tensor? Labels, int LabelCount) Read(string folder, int? resolution, int channels)
    {
        if (!Directory.Exists(folder))
        {
            throw new DisBackException($"There is no folder {folder}: check the path of the data set.");
        }
        var files = FilesOf(folder);
        var classes = Directory.GetDirectories(folder).Order(StringComparer.Ordinal).ToArray();
        if (files.Length > 0 && classes.Length > 0)
        {
            throw new DisBackException(
                $"{folder} holds both images and folders: put every image into the folder of its class, or all of them into one folder without classes.");
        }
        var labels = new List<long>();
        if (classes.Length > 0)
        {
            var byClass = classes.Select(FilesOf).ToArray();
            for (var label = 0; label < classes.Length; label++)
            {
                labels.AddRange(Enumerable.Repeat((long)label, byClass[label].Length));
            }
            files = [.. byClass.SelectMany(f => f)];
        }
        if (files.Length == 0)
        {
            throw new DisBackException($"{folder} holds no .png, .jpg or .jpeg file: check the path of the data set.");
        }

        using var scope = NewDisposeScope();
        Tensor? images = null;
        for (var i = 0; i < files.Length; i++)
        {
            using var perImage = NewDisposeScope();
            var image = ReadImage(files[i], resolution, channels);
            var side = image.shape[^1];
            images ??= empty([files.Length, channels, side, side], uint8).MoveToOuterDisposeScope();
            if (side != images.shape[^1])
            {
                throw new DisBackException(
                    $"{files[i]} is {side}x{side} where {files[0]} is {images.shape[^1]}x{images.shape[^1]}: give the data set a resolution so that "
                        + "images are resized.");
            }
            images[i].copy_(image);
        }
        return (images!.MoveToOuterDisposeScope(), classes.Length == 0 ? null : tensor(labels.ToArray()).MoveToOuterDisposeScope(), classes.Length);
    }

    private static string[] FilesOf(string folder) => Directory.GetFiles(folder)
        .Where(f => Path.GetExtension(f).ToLowerInvariant() is ".png" or ".jpg" or ".jpeg")
        .Order(StringComparer.Ordinal)
        .ToArray();

    /// <summary>uint8 [channels, R, R].</summary>
    private static Tensor ReadImage(string file, int? resolution, int channels)
    {
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
        return resolution is { } side ? ImageDataset.Resize(image, side) : image;
    }
}
