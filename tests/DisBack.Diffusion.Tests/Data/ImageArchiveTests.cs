using System.IO.Compression;
using DisBack.Diffusion.Data;
using DisBack.Specs.Data;
using SkiaSharp;

namespace DisBack.Diffusion.Tests.Data;

/// <summary>ZIP files of pictures as EDM's dataset_tool.py makes them.</summary>
public sealed class ImageArchiveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-zip-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void Pictures_are_in_the_order_of_their_names_with_the_classes_of_dataset_json(CompressionLevel level)
    {
        var path = Zip(
            level,
            ("00000/img00000001.png", Picture(SKColors.Lime)),
            ("dataset.json", """{"labels": [["00000/img00000001.png", 2], ["00000/img00000000.png", 0], ["not/here.png", 7]]}"""u8.ToArray()),
            ("00000/img00000000.png", Picture(SKColors.Red)));
        using var data = Load(path);
        Assert.Equal([2, 3, 2, 2], data.Images.shape);
        Assert.Equal([0L, 2], data.Labels!.data<long>().ToArray());
        Assert.Equal(3, data.LabelCount);
        Assert.Equal([255, 255, 255, 255, 0, 0, 0, 0], data.Images[0].data<byte>().ToArray().Take(8).Select(value => (int)value));
        Assert.Equal([0, 0, 0, 0, 255, 255, 255, 255], data.Images[1].data<byte>().ToArray().Take(8).Select(value => (int)value));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("""{"labels": null}""")]
    [InlineData("{}")]
    public void Without_labels_there_are_no_classes(string? json)
    {
        List<(string, byte[])> entries = [("a.png", Picture(SKColors.Red))];
        if (json is not null)
        {
            entries.Add(("dataset.json", System.Text.Encoding.UTF8.GetBytes(json)));
        }
        using var data = Load(Zip(CompressionLevel.NoCompression, [.. entries]));
        Assert.Null(data.Labels);
        Assert.Equal(1, data.Count);
    }

    [Fact]
    public void An_archive_is_packed_as_the_folder_of_its_pictures_and_says_what_it_passes_over()
    {
        var path = Zip(
            CompressionLevel.Fastest,
            ("b/2.png", Picture(SKColors.Blue)),
            ("a/1.png", Picture(SKColors.Red)),
            ("__MACOSX/a/._1.png", [1]),
            ("readme.txt", [2]),
            ("dataset.json", """{"labels": [["a/1.png", 0], ["b/2.png", 0], ["lost.png", 1]]}"""u8.ToArray()));
        var (facts, notes) = PackedImages.Write(new DatasetSettings { Source = DatasetSource.Zip, Path = path }, Path.Combine(_folder, "zip"));
        Assert.Equal(new DatasetFacts(2, 3, 2, 1), facts);
        Assert.Equal(3, notes.Count);
        Assert.Contains("hidden and system entries are passed over: __MACOSX/a/._1.png.", notes[0], StringComparison.Ordinal);
        Assert.Contains("are passed over: readme.txt.", notes[1], StringComparison.Ordinal);
        Assert.Contains("dataset.json has labels of pictures that are not there: lost.png.", notes[2], StringComparison.Ordinal);

        var folder = Path.Combine(_folder, "classes", "one");
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "1.png"), Picture(SKColors.Red));
        File.WriteAllBytes(Path.Combine(folder, "2.png"), Picture(SKColors.Blue));
        PackedImages.Write(new DatasetSettings { Source = DatasetSource.Folder, Path = Path.Combine(_folder, "classes") }, Path.Combine(_folder, "folder"));
        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder, "folder")), File.ReadAllBytes(Path.Combine(_folder, "zip")));
    }

    [Fact]
    public void What_is_wrong_is_named()
    {
        var picture = ("a.png", Picture(SKColors.Red));
        Assert.Contains("has no label for 'a.png'", Refused(picture, ("dataset.json", """{"labels": []}"""u8.ToArray())), StringComparison.Ordinal);
        var vector = ("dataset.json", """{"labels": [["a.png",[0,1]]]}"""u8.ToArray());
        Assert.Contains("has the label [\"a.png\",[0,1]]", Refused(picture, vector), StringComparison.Ordinal);
        Assert.Contains("has a dataset.json that is not", Refused(picture, ("dataset.json", "{"u8.ToArray())), StringComparison.Ordinal);
        Assert.Contains("holds 'a.png' twice", Refused(picture, picture), StringComparison.Ordinal);
        Assert.Contains("holds no picture", Refused(("a.txt", [])), StringComparison.Ordinal);
        Assert.Contains("zip/a.png is no readable picture", Refused(("a.png", [1, 2, 3])), StringComparison.Ordinal);
        // A bomb: 200 MB of zeros in 200 KB.
        Assert.Contains("claims 200,000,000 bytes for 'a.png'", Refused(("a.png", new byte[200_000_000])), StringComparison.Ordinal);
        var file = Path.Combine(_folder, "no.zip");
        File.WriteAllText(file, "no archive");
        Assert.Contains("is no readable ZIP file", Assert.Throws<DisBackException>(() => Load(file)).Message, StringComparison.Ordinal);
    }

    private string Refused(params (string Name, byte[] Bytes)[] entries) =>
        Assert.Throws<DisBackException>(() => Load(Zip(CompressionLevel.Fastest, entries))).Message;

    private static ImageDataset Load(string path) => ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Zip, Path = path });

    private string Zip(CompressionLevel level, params (string Name, byte[] Bytes)[] entries)
    {
        var path = Path.Combine(_folder, "data.zip");
        File.Delete(path);
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, bytes) in entries)
        {
            using var stream = zip.CreateEntry(name, level).Open();
            stream.Write(bytes);
        }
        return path;
    }

    private static byte[] Picture(SKColor color)
    {
        using var bitmap = new SKBitmap(2, 2, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        bitmap.Erase(color);
        return bitmap.Encode(SKEncodedImageFormat.Png, 90).ToArray();
    }
}
