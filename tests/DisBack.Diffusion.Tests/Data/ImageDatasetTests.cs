using System.Buffers.Binary;
using System.IO.Compression;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Data;

public sealed class ImageDatasetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-data-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_shipped_digits_are_ten_thousand_images_of_ten_classes()
    {
        using var digits = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits });
        Assert.Equal([10_000, 1, 28, 28], digits.Images.shape);
        Assert.Equal(ScalarType.Byte, digits.Images.dtype);
        Assert.Equal(10, digits.LabelCount);
        Assert.Equal([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978], digits.Labels!.bincount(null).data<long>().ToArray());
        Assert.Equal(255, digits.Images.max().item<byte>());
    }

    [Fact]
    public void Digits_at_half_size_are_the_means_of_blocks_rounded_half_up()
    {
        using var scope = NewDisposeScope();
        using var full = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits });
        using var half = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits, Resolution = 14, Channels = 3 });
        Assert.Equal([10_000, 3, 14, 14], half.Images.shape);
        var sums = full.Images.to(int32).view(10_000, 1, 14, 2, 14, 2).sum(3, type: ScalarType.Int32).sum(4, type: ScalarType.Int32);
        var expected = (sums + 2).div(4, RoundingMode.floor).to(uint8).expand(-1, 3, -1, -1);
        Assert.True(expected.eq(half.Images).all().item<bool>());
    }

    [Fact]
    public void An_epoch_shows_every_image_once_and_the_next_one_in_another_order()
    {
        using var data = Numbered(10);
        var streams = new RandomStreams(3);
        var seen = Enumerable.Range(0, 5).SelectMany(step => Values(data, streams, step, 4)).ToArray();
        Assert.Equal(Enumerable.Range(0, 10), seen[..10].Order());
        Assert.Equal(Enumerable.Range(0, 10), seen[10..].Order());
        Assert.NotEqual(seen[..10], seen[10..]);
    }

    [Fact]
    public void A_batch_depends_on_seed_and_step_alone()
    {
        using var data = Numbered(10);
        using var fresh = Numbered(10);
        var streams = new RandomStreams(3);
        var inOrder = Enumerable.Range(0, 8).Select(step => Values(data, streams, step, 4)).ToArray();
        foreach (var step in new[] { 7, 0, 2, 5, 2 })
        {
            Assert.Equal(inOrder[step], Values(fresh, new RandomStreams(3), step, 4));
        }
        Assert.NotEqual(inOrder[0], Values(data, new RandomStreams(4), 0, 4));
        Assert.Equal(inOrder[0], Values(data, streams, 0, 4));
    }

    [Fact]
    public void A_batch_larger_than_the_data_set_repeats_it_epoch_by_epoch()
    {
        using var data = Numbered(3);
        var seen = Values(data, new RandomStreams(0), 0, 7);
        Assert.Equal([0, 1, 2], seen[..3].Order());
        Assert.Equal([0, 1, 2], seen[3..6].Order());
    }

    [Fact]
    public void Batches_are_scaled_to_minus_one_to_one_with_one_hot_labels_and_leak_nothing()
    {
        var images = Write("images", Idx([2, 1, 1], [0, 255]));
        var labels = Write("labels", Idx([2], [2, 1]));
        using var data = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Idx, Path = images, LabelsPath = labels });
        Assert.Equal(3, data.LabelCount);

        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var (batch, oneHot) = data.Batch(new RandomStreams(1), 0, 2);
        Assert.Equal(before + 2, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal([-1f, 1f], batch.data<float>().ToArray().Order());
        var first = batch[0].item<float>() < 0;
        Assert.Equal(first ? [0f, 0f, 1f, 0f, 1f, 0f] : [0f, 1f, 0f, 0f, 0f, 1f], oneHot!.data<float>().ToArray());
        batch.Dispose();
        oneHot.Dispose();
    }

    [Fact]
    public void Data_in_stored_order_comes_in_parts_and_leaks_nothing()
    {
        using var data = Numbered(5);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var sizes = new List<long>();
        foreach (var part in data.InOrder(2))
        {
            sizes.Add(part.shape[0]);
            part.Dispose();
        }
        Assert.Equal([2, 2, 1], sizes);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void A_gzipped_file_reads_like_a_plain_one()
    {
        var plain = Idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
        using var a = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Idx, Path = Write("plain", plain) });
        using var b = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Idx, Path = Write("zipped", Gzip(plain)) });
        Assert.True(a.Images.eq(b.Images).all().item<bool>());
        Assert.Null(a.Labels);
        Assert.Equal(0, a.LabelCount);
    }

    public static TheoryData<string, byte[], string> DamagedFiles => new()
    {
        { "truncated", Idx([2, 2, 2], [1, 2, 3, 4, 5]), "ends before" },
        { "no header", [0, 0, 8, 3, 0], "ends before" },
        { "empty", [], "is empty" },
        { "truncated gzip", Gzip(Idx([2, 2, 2], [1, 2, 3, 4, 5])), "ends before" },
        { "gzip with a torn end", Gzip(Idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]))[..^5], "damaged gzip" },
        { "gzip with a torn checksum", [.. Gzip(Idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]))[..^8], 0, 0, 0, 0, 24, 0, 0, 0], "damaged gzip" },
        { "gzip of far more than announced", Gzip([.. Idx([1, 2, 2], [1, 2, 3, 4]), .. new byte[1 << 24]]), "goes on after" },
        { "gzip of far less than announced", Gzip(Idx([1 << 10, 32, 32], [1])), "ends before" },
        { "gzip that announces what none becomes", Gzip(Idx([1 << 20, 32, 32], [1])), "more than images are compressed to" },
        { "gzip of zeros", Gzip([.. Idx([1 << 10, 256, 256], []), .. new byte[1 << 26]]), "more than images are compressed to" },
        { "cut gzip", Gzip(Idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]))[..20], "ends before" },
        { "garbage after the gzip magic", [0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "damaged gzip" },
        { "too long", Idx([1, 2, 2], [1, 2, 3, 4, 5]), "goes on after" },
        { "labels", Idx([4], [1, 2, 3, 4]), "begins with 0x00000801" },
        { "enormous", Idx([int.MaxValue, 2, 2], [1]), "announces more than the" },
        { "huge but possible", Idx([1 << 20, 32, 32], [1]), "ends before" },
        { "not square", Idx([1, 2, 1], [1, 2]), "2x1, not square" },
    };

    [Theory]
    [MemberData(nameof(DamagedFiles))]
    public void A_damaged_file_is_refused_with_its_name_and_what_is_wrong(string name, byte[] content, string expected)
    {
        var path = Write(name, content);
        var error = Assert.Throws<DisBackException>(() => ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Idx, Path = path }));
        Assert.Contains(path, error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Missing_files_and_labels_of_other_images_are_refused()
    {
        var images = Write("images", Idx([2, 1, 1], [0, 255]));
        var labels = Write("labels", Idx([3], [2, 1, 0]));
        Assert.Contains("3 labels for the 2 images", Refused(new DatasetSettings { Source = DatasetSource.Idx, Path = images, LabelsPath = labels }));
        Assert.Contains("There is no file", Refused(new DatasetSettings { Source = DatasetSource.Idx, Path = Path.Combine(_folder, "absent") }));
        Assert.Contains("needs a path", Refused(new DatasetSettings { Source = DatasetSource.Idx }));
        Assert.Contains("not 2", Refused(new DatasetSettings { Channels = 2 }));

        static string Refused(DatasetSettings settings) => Assert.Throws<DisBackException>(() => ImageDataset.Load(settings)).Message;
    }

    private static int[] Values(ImageDataset data, RandomStreams streams, long step, long size)
    {
        using var scope = NewDisposeScope();
        return [.. data.Batch(streams, step, size).Images.data<float>().Select(v => (int)Math.Round((v + 1) * 127.5))];
    }

    /// <summary>Images of one pixel whose level is their number.</summary>
    private ImageDataset Numbered(int count) => ImageDataset.Load(new DatasetSettings
    {
        Source = DatasetSource.Idx,
        Path = Write("numbered", Idx([count, 1, 1], [.. Enumerable.Range(0, count).Select(i => (byte)i)])),
    });

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private static byte[] Idx(int[] sizes, byte[] content)
    {
        var header = new byte[4 + 4 * sizes.Length];
        BinaryPrimitives.WriteInt32BigEndian(header, 0x800 | sizes.Length);
        for (var i = 0; i < sizes.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * i), sizes[i]);
        }
        return [.. header, .. content];
    }

    private static byte[] Gzip(byte[] content)
    {
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }
        return zipped.ToArray();
    }
}
