using DisBack.Diffusion.Data;
using DisBack.Specs.Data;

namespace DisBack.Diffusion.Tests.Data;

/// <summary>The binary version of CIFAR-10: records of a class and three planes.</summary>
public sealed class CifarFileTests : IDisposable
{
    private const int Record = 3073;

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-cifar-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_is_its_training_batches_in_order()
    {
        Write("data_batch_2.bin", (9, 4));
        Write("data_batch_1.bin", (3, 1), (0, 2));
        Write("test_batch.bin", (5, 5));
        using var data = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Cifar10, Path = _folder });
        Assert.Equal([3, 3, 32, 32], data.Images.shape);
        Assert.Equal([3L, 0, 9], data.Labels!.data<long>().ToArray());
        Assert.Equal(10, data.LabelCount);
        // Planes of red, green and blue, rows from the top: the value of a pixel is its image, its plane and its place.
        Assert.Equal([(byte)(1 + 10 + 5), (byte)(1 + 20 + 5)], new[] { data.Images[0, 1, 0, 5].item<byte>(), data.Images[0, 2, 0, 5].item<byte>() });
        Assert.Equal((byte)(4 + 10 + 32 + 1), data.Images[2, 1, 1, 1].item<byte>());
    }

    [Fact]
    public void One_file_is_read_grey_and_smaller()
    {
        Write("test_batch.bin", (5, 5), (1, 7));
        var path = Path.Combine(_folder, "test_batch.bin");
        using var data = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Cifar10, Path = path, Resolution = 8, Channels = 1 });
        Assert.Equal([2, 1, 8, 8], data.Images.shape);
        Assert.Equal([5L, 1], data.Labels!.data<long>().ToArray());
    }

    [Fact]
    public void Other_files_are_refused_by_name()
    {
        var path = Path.Combine(_folder, "other.bin");
        File.WriteAllBytes(path, new byte[Record + 1]);
        Assert.Contains("other.bin has 3,074 bytes where CIFAR-10 has 3,073 for each image", Refused(path), StringComparison.Ordinal);
        File.WriteAllBytes(path, [.. new byte[Record], 10, .. new byte[Record - 1]]);
        Assert.Contains("has the class 10 at byte 3,073", Refused(path), StringComparison.Ordinal);
        Assert.Contains("holds no data_batch_*.bin", Refused(_folder), StringComparison.Ordinal);
        Assert.Contains("nowhere.bin", Refused(Path.Combine(_folder, "nowhere.bin")), StringComparison.Ordinal);
    }

    private static string Refused(string path) =>
        Assert.Throws<DisBackException>(() => ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Cifar10, Path = path })).Message;

    private void Write(string name, params (byte Class, byte Image)[] records) => File.WriteAllBytes(
        Path.Combine(_folder, name),
        [.. records.SelectMany(record => new[] { record.Class }.Concat(Enumerable.Range(0, 3072).Select(i => Level(record.Image, i))))]);

    private static byte Level(byte image, int at) => unchecked((byte)(image + 10 * (at / 1024) + at % 1024));
}
