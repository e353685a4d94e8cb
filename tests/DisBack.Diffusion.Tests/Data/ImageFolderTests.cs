using DisBack.Diffusion.Data;
using DisBack.Diffusion.Pictures;
using DisBack.Specs.Data;
using SkiaSharp;

namespace DisBack.Diffusion.Tests.Data;

public sealed class ImageFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-folder-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Subfolders_are_classes_in_ordinal_order_and_pixels_are_exact()
    {
        Save("b/1.png", 2, 2, (x, y) => new SKColor((byte)(10 * x), (byte)(20 * y), 200));
        Save("B/9.png", 2, 2, (_, _) => SKColors.Red);
        Save("B/10.PNG", 2, 2, (_, _) => SKColors.Lime);
        using var data = Load();
        Assert.Equal([3, 3, 2, 2], data.Images.shape);
        Assert.Equal([0L, 0, 1], data.Labels!.data<long>().ToArray());
        Assert.Equal(2, data.LabelCount);
        Assert.Equal([0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0], Bytes(data, 0)); // B/10.PNG before B/9.png
        Assert.Equal([0, 10, 0, 10, 0, 0, 20, 20, 200, 200, 200, 200], Bytes(data, 2));
    }

    [Fact]
    public void A_flat_folder_has_no_classes_and_grey_files_keep_every_level()
    {
        for (var level = 0; level < 256; level++)
        {
            Save($"{level:D3}.png", 1, 1, (_, _) => new SKColor((byte)level, (byte)level, (byte)level));
        }
        using var data = Load(channels: 1);
        Assert.Null(data.Labels);
        Assert.Equal(Enumerable.Range(0, 256).Select(i => (byte)i), data.Images.data<byte>().ToArray());
    }

    [Fact]
    public void A_resolution_crops_to_the_middle_and_averages()
    {
        Save("wide.png", 6, 2, (x, _) => x is 2 or 3 ? SKColors.White : SKColors.Black);
        Save("tall.png", 4, 8, (x, y) => y is 2 or 3 && x < 2 ? new SKColor(100, 100, 100) : SKColors.Black);
        using var data = Load(resolution: 2, channels: 1);
        Assert.Equal([100, 0, 0, 0], Bytes(data, 0));
        Assert.Equal([255, 255, 255, 255], Bytes(data, 1));
    }

    [Fact]
    public void Jpeg_files_are_read()
    {
        Save("grey.jpg", 8, 8, (_, _) => new SKColor(128, 128, 128), SKEncodedImageFormat.Jpeg);
        using var data = Load();
        Assert.All(Bytes(data, 0), level => Assert.InRange(level, 126, 130));
    }

    [Fact]
    public void An_image_of_another_size_is_refused_by_name()
    {
        Save("a.png", 2, 2, (_, _) => SKColors.Red);
        Save("b.png", 3, 3, (_, _) => SKColors.Red);
        Assert.Contains($"{Path.Combine(_folder, "b.png")} is 3x3 where {Path.Combine(_folder, "a.png")} is 2x2", Refused());
        File.Delete(Path.Combine(_folder, "b.png"));
        Save("c.png", 2, 3, (_, _) => SKColors.Red);
        Assert.Contains("c.png is 2x3, not a square", Refused());
    }

    [Fact]
    public void Broken_files_and_folders_are_refused_by_name()
    {
        Assert.Contains("holds no picture (.png", Refused());
        File.WriteAllText(Path.Combine(_folder, "text.png"), "no picture");
        Assert.Contains("text.png is no readable picture", Refused());
        Save("text.png", 64, 64, (x, y) => new SKColor((byte)(x * y), (byte)x, (byte)(x ^ y)));
        var bytes = File.ReadAllBytes(Path.Combine(_folder, "text.png"));
        File.WriteAllBytes(Path.Combine(_folder, "text.png"), bytes[..(bytes.Length / 2)]);
        Assert.Contains("text.png is damaged or truncated", Refused());
        Directory.CreateDirectory(Path.Combine(_folder, "class"));
        Assert.Contains("both images and folders", Refused());
        Directory.Delete(_folder, recursive: true);
        Assert.Contains("There is no folder", Refused());
        Directory.CreateDirectory(_folder);
    }

    [Fact]
    public void What_desktops_and_archives_leave_behind_is_passed_over_and_counted()
    {
        Save("cat/1.png", 1, 1, (_, _) => SKColors.Red);
        Save("dog/1.png", 1, 1, (_, _) => SKColors.Red);
        foreach (var left in new[] { "__MACOSX/1.png", ".ipynb_checkpoints/1.png", "cat/._1.png", ".DS_Store", "Thumbs.db" })
        {
            Save(left, 1, 1, (_, _) => SKColors.Red);
        }
        Directory.CreateDirectory(Path.Combine(_folder, "empty"));
        File.WriteAllText(Path.Combine(_folder, "dog", "2.gif"), "");
        using var listed = ImageFolder.List(_folder);
        Assert.Equal([0L, 1], listed.Labels);
        Assert.Equal(2, listed.Count);
        Assert.Equal(
            [
                $"{_folder}: hidden and system entries are passed over: .DS_Store, .ipynb_checkpoints, Thumbs.db, __MACOSX, cat/._1.png.",
                $"{_folder}: files of other kinds than {PictureReader.Extensions} are passed over: dog/2.gif.",
                $"{_folder}: folders without a picture are no classes: empty.",
            ],
            listed.Notes);
    }

    [Fact]
    public void A_folder_inside_a_class_is_refused_by_name()
    {
        Save("cat/more/1.png", 1, 1, (_, _) => SKColors.Red);
        Assert.Contains($"{Path.Combine(_folder, "cat", "more")} is a folder inside the folder of a class", Refused());
    }

    [Fact]
    public void Webp_is_read_and_a_device_named_like_a_picture_is_refused()
    {
        Save("a.webp", 4, 4, (_, _) => new SKColor(128, 128, 128), SKEncodedImageFormat.Webp);
        using (var data = Load())
        {
            Assert.All(Bytes(data, 0), level => Assert.InRange(level, 124, 132));
        }
        File.CreateSymbolicLink(Path.Combine(_folder, "b.png"), "/dev/zero");
        Assert.Contains("no regular file", Refused());
    }

    private string Refused() => Assert.Throws<DisBackException>(() => Load()).Message;

    private ImageDataset Load(int? resolution = null, int? channels = null) =>
        ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Folder, Path = _folder, Resolution = resolution, Channels = channels });

    private static byte[] Bytes(ImageDataset data, long index)
    {
        using var image = data.Images[index];
        return image.data<byte>().ToArray();
    }

    private void Save(string name, int width, int height, Func<int, int, SKColor> color, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, color(x, y));
            }
        }
        using var encoded = bitmap.Encode(format, 95);
        File.WriteAllBytes(path, encoded.ToArray());
    }
}
