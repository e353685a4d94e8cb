using DisBack.Diffusion.Data;
using DisBack.Diffusion.Files;
using DisBack.Specs.Data;
using SkiaSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Data;

/// <summary>A packed data set is the one that it was packed from, and equal images make equal bytes.</summary>
public sealed class PackedImagesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-packed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, null)]
    [InlineData(3, 4)]
    public void A_packed_folder_has_the_images_and_classes_of_the_folder(int channels, int? resolution)
    {
        using var scope = NewDisposeScope();
        var folder = new DatasetSettings { Source = DatasetSource.Folder, Path = Pictures("a"), Channels = channels, Resolution = resolution };
        var (facts, notes) = PackedImages.Write(folder, InFolder("packed"));
        Assert.Empty(notes);
        Assert.Equal(new DatasetFacts(6, channels, resolution ?? 8, 2), facts);

        var packed = new DatasetSettings { Source = DatasetSource.Packed, Path = InFolder("packed") };
        Assert.Equal(facts, PackedImages.Facts(packed));
        using var expected = ImageDataset.Load(folder);
        using var found = ImageDataset.Load(packed);
        Assert.Equal(expected.Images.data<byte>().ToArray(), found.Images.data<byte>().ToArray());
        Assert.Equal(expected.Labels!.data<long>().ToArray(), found.Labels!.data<long>().ToArray());
        Assert.Equal(2, found.LabelCount);
    }

    [Fact]
    public void Equal_images_make_equal_bytes_wherever_they_lie()
    {
        PackedImages.Write(new DatasetSettings { Source = DatasetSource.Folder, Path = Pictures("a") }, InFolder("1"));
        PackedImages.Write(new DatasetSettings { Source = DatasetSource.Folder, Path = Pictures("elsewhere") }, InFolder("2"));
        Assert.Equal(File.ReadAllBytes(InFolder("1")), File.ReadAllBytes(InFolder("2")));
    }

    [Fact]
    public void The_shipped_digits_can_be_packed_too()
    {
        using var scope = NewDisposeScope();
        var digits = new DatasetSettings { Resolution = 14 };
        var (facts, _) = PackedImages.Write(digits, InFolder("digits"));
        Assert.Equal(DatasetFacts.OfDigits(digits), facts);
    }

    [Fact]
    public void Settings_that_a_file_does_not_have_are_refused()
    {
        PackedImages.Write(new DatasetSettings { Source = DatasetSource.Folder, Path = Pictures("a") }, InFolder("packed"));
        var settings = new DatasetSettings { Source = DatasetSource.Packed, Path = InFolder("packed"), Resolution = 16 };
        var error = Assert.Throws<DisBackException>(() => PackedImages.Facts(settings));
        Assert.Contains("is packed as 3x8x8 (channels, height, width), not as 3x16x16", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_no_packed_images_are_refused()
    {
        using var scope = NewDisposeScope();
        var (images, labels) = (zeros([2, 3, 4, 4], uint8), tensor(new long[] { 0, 7 }));
        var two = new Dictionary<string, string> { ["classes"] = "2" };
        Refused("no packed data set", [("weights", images)], two);
        Refused("no packed data set", [("images", images.to(float32))], two);
        Refused("no packed data set", [("images", images.narrow(3, 0, 2))], two);
        Refused("no packed data set", [("images", images.narrow(1, 0, 2))], two);
        Refused("no packed data set", [("images", images), ("labels", labels.narrow(0, 0, 1))], two);
        Refused("no packed data set", [("images", images), ("labels", labels)], new Dictionary<string, string> { ["classes"] = "1e9" });
        Refused("a label outside of its 2 classes", [("images", images), ("labels", labels)], two);
        Refused("a label outside of its 2 classes", [("images", images), ("labels", -labels)], two);

        void Refused(string why, IReadOnlyList<(string, Tensor)> tensors, IReadOnlyDictionary<string, string> metadata)
        {
            SafetensorsFile.Write(InFolder("wrong"), tensors, metadata);
            var settings = new DatasetSettings { Source = DatasetSource.Packed, Path = InFolder("wrong") };
            Assert.Contains(why, Assert.Throws<DisBackException>(() => ImageDataset.Load(settings)).Message, StringComparison.Ordinal);
        }
    }

    private string InFolder(string name) => Path.Combine(_folder, name);

    /// <summary>Two classes of three pictures, 8 x 8.</summary>
    private string Pictures(string name)
    {
        for (var i = 0; i < 6; i++)
        {
            using var bitmap = new SKBitmap(8, 8, SKColorType.Rgba8888, SKAlphaType.Unpremul);
            bitmap.Erase(new SKColor((byte)(40 * i), (byte)(7 * i), 99));
            bitmap.SetPixel(i, 3, SKColors.White);
            using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            var path = Path.Combine(_folder, name, i % 2 == 0 ? "even" : "odd", $"{i}.png");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, encoded.ToArray());
        }
        return InFolder(name);
    }
}
