using System.IO.Compression;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Pictures;
using DisBack.Fuzz.Inputs;
using DisBack.Specs.Data;
using SkiaSharp;

namespace DisBack.Fuzz.Readers;

/// <summary>Readers of IDX files, plain and gzipped, and of pictures.</summary>
internal static class ImageReaders
{
    private const int Images = 3, Side = 4;

    public static IEnumerable<Reader> All =>
    [
        Reader.OfFile("idx-images", 10, () => [Idx(Images, Side, Side), Idx(1, 1, 1)], GzipMutation.Of, path =>
            ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Idx, Path = path }).Dispose()),
        new Reader("idx-labels", 10, () => [Idx(Images), Idx(1)], GzipMutation.Of, folder =>
        {
            var (images, labels) = (Path.Combine(folder, "images"), Path.Combine(folder, "labels"));
            File.WriteAllBytes(images, Idx(Images, Side, Side));
            return bytes =>
            {
                File.WriteAllBytes(labels, bytes);
                ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Idx, Path = images, LabelsPath = labels }).Dispose();
            };
        }),
        Reader.OfFile("cifar10", 10, () => [new byte[2 * 3073]], ByteMutation.Of, path =>
            ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Cifar10, Path = path, Resolution = 4 }).Dispose()),
        Reader.OfFile("picture-archive", 10, () => [Archive(CompressionLevel.NoCompression), Archive(CompressionLevel.Fastest)], ByteMutation.Of, path =>
            ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Zip, Path = path, Resolution = 4 }).Dispose()),
        Reader.OfFile("picture", 15, Pictures, PictureMutation.Of, path => PictureReader.Read(path).Dispose()),
    ];

    private static byte[] Archive(CompressionLevel level)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in new[] { ("a/1.png", Indexed()), ("2.bmp", Bmp()), ("dataset.json", Labels()) })
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        }
        return file.ToArray();

        static byte[] Labels() => """{"labels": [["a/1.png", 1], ["2.bmp", 0]]}"""u8.ToArray();
    }

    private static byte[] Idx(params int[] sizes)
    {
        var file = new MemoryStream();
        file.Write([0, 0, 8, (byte)sizes.Length]);
        foreach (var size in sizes)
        {
            file.Write([(byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size]);
        }
        var count = sizes.Aggregate((all, size) => all * size);
        file.Write([.. Enumerable.Range(0, count).Select(i => (byte)(i % 7))]);
        return file.ToArray();
    }

    private static IReadOnlyList<byte[]> Pictures()
    {
        using var bitmap = new SKBitmap(9, 7, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        bitmap.Erase(SKColors.Teal);
        bitmap.SetPixel(3, 3, SKColors.Red);
        using var grey = new SKBitmap(5, 5, SKColorType.Gray8, SKAlphaType.Opaque);
        return
        [
            bitmap.Encode(SKEncodedImageFormat.Png, 90).ToArray(),
            bitmap.Encode(SKEncodedImageFormat.Jpeg, 90).ToArray(),
            bitmap.Encode(SKEncodedImageFormat.Webp, 90).ToArray(),
            grey.Encode(SKEncodedImageFormat.Png, 90).ToArray(),
            Indexed(),
            Bmp(),
        ];
    }

    /// <summary>A PNG of 2 x 2 pixels with a palette of two colours: Skia writes none.</summary>
    private static byte[] Indexed() => Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACAQMAAABIeJ9nAAAABlBMVEUAAAD///+l2Z/dAAAADElEQVR4nGNoYGgAAAGEAQFHMk7hAAAAAElFTkSuQmCC");

    /// <summary>A BMP of 3 x 2 pixels of 24 bits.</summary>
    private static byte[] Bmp()
    {
        const int width = 3, height = 2, row = 12, start = 54;
        var file = new byte[start + height * row];
        "BM"u8.CopyTo(file);
        BitConverter.TryWriteBytes(file.AsSpan(2), file.Length);
        BitConverter.TryWriteBytes(file.AsSpan(10), start);
        BitConverter.TryWriteBytes(file.AsSpan(14), 40);
        BitConverter.TryWriteBytes(file.AsSpan(18), width);
        BitConverter.TryWriteBytes(file.AsSpan(22), height);
        file[26] = 1;
        file[28] = 24;
        return file;
    }
}
