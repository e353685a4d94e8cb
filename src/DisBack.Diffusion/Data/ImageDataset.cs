using System.Security.Cryptography;
using System.Text;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Data;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Data;

/// <summary>
/// Square images in memory, as bytes, with their classes, and the order in which a run sees them: a pure function of (seed, step), so that a
/// resumed run draws the batch that an uninterrupted one would have drawn.
/// </summary>
/// <remarks>Batches may be drawn by several threads at once.</remarks>
public sealed class ImageDataset : IDisposable
{
    /// <summary>Images whose bytes are seen as one span, of at most two billion.</summary>
    private const long HashedAtOnce = 32;

    private readonly EpochOrder _order;

    private ImageDataset(Tensor images, Tensor? labels, int labelCount)
    {
        Images = images.DetachFromDisposeScope();
        Labels = labels?.DetachFromDisposeScope();
        LabelCount = labelCount;
        _order = new EpochOrder(Images.shape[0]);
    }

    /// <summary>uint8 [N, C, R, R], on the CPU.</summary>
    public Tensor Images { get; }

    /// <summary>int64 [N], from 0 to <see cref="LabelCount"/> - 1; null if the images have no classes.</summary>
    public Tensor? Labels { get; }

    /// <summary>Number of classes; 0 if the images have none.</summary>
    public int LabelCount { get; }

    /// <summary>Number of images.</summary>
    public long Count => Images.shape[0];

    /// <summary>Number of channels: 1 for grey, 3 for RGB.</summary>
    public int Channels => (int)Images.shape[1];

    /// <summary>Height and width in pixels.</summary>
    public int Resolution => (int)Images.shape[2];

    /// <summary>Reads the data set that <paramref name="settings"/> describes into memory.</summary>
    /// <exception cref="DisBackException">
    /// A file is missing, damaged or of the wrong kind or size, or images and labels do not match; the message names the file.
    /// </exception>
    public static ImageDataset Load(DatasetSettings settings)
    {
        if (settings.Channels is not (null or 1 or 3))
        {
            throw new DisBackException($"A data set has 1 channel (grey) or 3 (RGB), not {settings.Channels}: correct channels.");
        }
        using var scope = NewDisposeScope();
        return settings.Source switch
        {
            DatasetSource.Digits => FromDigits(settings),
            DatasetSource.Idx => FromIdx(settings),
            DatasetSource.Cifar10 => FromCifar(settings),
            DatasetSource.Folder or DatasetSource.Zip => FromPictures(settings),
            DatasetSource.Packed => FromPacked(settings),
            DatasetSource.Latents => throw new DisBackException($"'{settings.Path}' holds latents where images are needed: name images."),
            _ => throw new DisBackException($"There is no data set source {settings.Source}: use digits, idx, cifar10, folder, zip or packed."),
        };
    }

    /// <summary>What a data set holds that needs no reading: the shipped digits, or a packed file by its header.</summary>
    /// <exception cref="DisBackException">The settings describe another source, or the file is no packed data set.</exception>
    public static DatasetFacts FactsOf(DatasetSettings settings) => settings.Source switch
    {
        DatasetSource.Digits => DatasetFacts.OfDigits(settings),
        DatasetSource.Packed => PackedImages.Facts(settings),
        _ => throw new DisBackException("Only packed images tell what they are without being read: pack them with 'disback data pack'."),
    };

    /// <summary>The batch of one step: epochs are shuffles without replacement, and a batch may end one epoch and begin the next.</summary>
    /// <param name="streams">The randomness of the run; two runs of one seed see the same order.</param>
    /// <param name="step">The step, from 0.</param>
    /// <param name="size">Images per batch, the same for every step of a run.</param>
    /// <returns>Images float32 [size, C, R, R] in [-1, 1] and, if there are classes, their one-hot vectors float32 [size, LabelCount]; on the CPU.</returns>
    public (Tensor Images, Tensor? OneHot) Batch(RandomStreams streams, long step, long size)
    {
        using var scope = NewDisposeScope();
        var index = tensor(_order.Batch(streams, step, size));
        var images = ToSigned(Images.index_select(0, index)).MoveToOuterDisposeScope();
        return (images, Labels is null ? null : nn.functional.one_hot(Labels.index_select(0, index), LabelCount).to(float32).MoveToOuterDisposeScope());
    }

    /// <summary>All images once, in stored order, as float32 [at most size, C, R, R] in [-1, 1]; the caller disposes each.</summary>
    public IEnumerable<Tensor> InOrder(long size)
    {
        for (long start = 0; start < Count; start += size)
        {
            using var part = Images.narrow(0, start, Math.Min(size, Count - start));
            yield return ToSigned(part);
        }
    }

    /// <summary>SHA-256 of the images' extents and bytes, in lower-case hex; classes are not part of it.</summary>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"[{string.Join(", ", Images.shape)}]"));
        for (long start = 0; start < Count; start += HashedAtOnce)
        {
            using var part = Images.narrow(0, start, Math.Min(HashedAtOnce, Count - start));
            hash.AppendData(part.bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Labels?.Dispose();
    }

    /// <summary>Bytes 0..255 to float32 in [-1, 1].</summary>
    private static Tensor ToSigned(Tensor bytes)
    {
        using var scope = NewDisposeScope();
        return bytes.to(float32).div_(127.5f).sub_(1f).MoveToOuterDisposeScope();
    }

    private static ImageDataset FromDigits(DatasetSettings settings)
    {
        using var images = Open("images.idx3.gz");
        using var labels = Open("labels.idx1.gz");
        return FromIdx(
            IdxFile.Read(images, "the shipped digits", 3),
            IdxFile.Read(labels, "the shipped labels", 1),
            settings,
            "the shipped digits",
            "the shipped labels");

        static Stream Open(string name) => typeof(ImageDataset).Assembly.GetManifestResourceStream($"Digits/{name}")!;
    }

    private static ImageDataset FromIdx(DatasetSettings settings)
    {
        var path = PathOf(settings);
        return FromIdx(IdxFile.Read(path, 3), settings.LabelsPath is { } labels ? IdxFile.Read(labels, 1) : null, settings, path, settings.LabelsPath);
    }

    private static ImageDataset FromIdx(
        (int[] Sizes, byte[] Bytes) images, (int[] Sizes, byte[] Bytes)? labels, DatasetSettings settings, string imagesName, string? labelsName)
    {
        var (count, height, width) = (images.Sizes[0], images.Sizes[1], images.Sizes[2]);
        if (labels is { } l && l.Sizes[0] != count)
        {
            throw new DisBackException($"{labelsName} holds {l.Sizes[0]} labels for the {count} images of {imagesName}: name the labels that belong "
                + "to these images.");
        }
        if (settings.Resolution is null && height != width)
        {
            throw new DisBackException($"The images of {imagesName} are {height}x{width}, not square: give the data set a resolution so that they are "
                + "cropped and resized.");
        }

        var classes = labels is { } known ? tensor(known.Bytes, [count], uint8).to(int64) : null;
        return new ImageDataset(
            Prepared(tensor(images.Bytes, [count, 1, height, width], uint8), settings), classes, labels is { } some ? some.Bytes.Max() + 1 : 0);
    }

    private static ImageDataset FromCifar(DatasetSettings settings)
    {
        var (images, labels) = CifarFile.Read(PathOf(settings));
        return new ImageDataset(
            Prepared(tensor(images, [labels.Length, CifarFile.Channels, CifarFile.Side, CifarFile.Side], uint8), settings),
            tensor(labels, [labels.Length], uint8).to(int64),
            CifarFile.Classes);
    }

    /// <summary>Images [N,C,H,W] in the resolution and with the channels that the settings ask for, part by part.</summary>
    private static Tensor Prepared(Tensor images, DatasetSettings settings)
    {
        var (resolution, channels) = (settings.Resolution ?? images.shape[2], settings.Channels ?? images.shape[1]);
        if (channels < images.shape[1])
        {
            images = InParts(PictureSet.ToGrey);
        }
        if ((resolution, resolution) != (images.shape[2], images.shape[3]))
        {
            images = InParts(part => AreaAverage.Square(part, (int)resolution));
        }
        return channels > images.shape[1] ? images.expand(-1, channels, -1, -1).contiguous() : images;

        Tensor InParts(Func<Tensor, Tensor> change) => cat(images.split(1024).Select(change).ToArray(), 0);
    }

    private static ImageDataset FromPictures(DatasetSettings settings)
    {
        using var pictures = PicturesOf(settings);
        var (channels, side) = (settings.Channels ?? 3, settings.Resolution ?? pictures.FirstSide());
        var images = empty([pictures.Count, channels, side, side], uint8);
        var index = 0;
        foreach (var image in pictures.Images(settings.Resolution, channels))
        {
            using (image)
            using (var place = images[index++])
            {
                place.copy_(image);
            }
        }
        return new ImageDataset(images, pictures.Labels is { } labels ? tensor(labels.ToArray()) : null, pictures.ClassCount);
    }

    /// <summary>The pictures of a folder or an archive.</summary>
    internal static PictureSet PicturesOf(DatasetSettings settings) =>
        settings.Source == DatasetSource.Zip ? ImageArchive.Open(PathOf(settings)) : ImageFolder.List(PathOf(settings));

    private static string PathOf(DatasetSettings settings) =>
        settings.Path ?? throw new DisBackException($"A data set of source {settings.Source.ToString().ToLowerInvariant()} needs a path: name its files.");

    private static ImageDataset FromPacked(DatasetSettings settings)
    {
        var (images, labels, labelCount) = PackedImages.Read(settings);
        return new ImageDataset(images, labels, labelCount);
    }
}
