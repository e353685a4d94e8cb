using System.Globalization;
using DisBack.Specs.Files;

namespace DisBack.Specs.Data;

/// <summary>
/// What a data set holds, without its images. A packed one says it in the header of its file: a safetensors file with <c>images</c>, U8 [N, C, R, R], for
/// labelled images <c>labels</c>, I64 [N], and in the metadata the number of classes.
/// </summary>
/// <param name="Count">Number of images.</param>
/// <param name="Channels">1 for grey, 3 for RGB.</param>
/// <param name="Resolution">Height and width in pixels.</param>
/// <param name="Classes">Number of classes; 0 if the images have none.</param>
public sealed record DatasetFacts(long Count, int Channels, int Resolution, int Classes)
{
    /// <summary>The tensor of a file of latents, [N, C, R, R], beside the embeddings of their captions.</summary>
    public const string Latents = "latents";

    /// <summary>The tensors of a packed data set.</summary>
    public const string Images = "images", Labels = "labels";

    private const string ClassesKey = "classes";
    private const int MostClasses = 1_000_000, MostLatentChannels = 1024;

    /// <summary>For latents the embeddings of their captions, of which resolution and channels are those of the latents; null for images.</summary>
    public EmbeddingFacts? Embeddings { get; init; }

    /// <summary>The shipped digits, brought to what the settings ask.</summary>
    public static DatasetFacts OfDigits(DatasetSettings settings) => new(10_000, settings.Channels ?? 1, settings.Resolution ?? 28, 10);

    /// <summary>What the header of a packed data set tells.</summary>
    /// <param name="header">The header.</param>
    /// <param name="name">What to call the file in messages.</param>
    /// <exception cref="DisBackException">The file is no packed data set.</exception>
    public static DatasetFacts Read(SafetensorsHeader header, string name)
    {
        if (header.Entries.TryGetValue(Images, out var images)
            && images is { Type: ElementType.U8, Shape: [> 0 and var count, 1 or 3, > 0 and <= 4096, _] } && images.Shape[2] == images.Shape[3])
        {
            var (channels, resolution) = ((int)images.Shape[1], (int)images.Shape[2]);
            if (header.Entries.Count == 1)
            {
                return new(count, channels, resolution, 0);
            }
            if (header.Entries is { Count: 2 } && header.Entries.TryGetValue(Labels, out var labels)
                && labels is { Type: ElementType.I64, Shape: [var labelled] } && labelled == count
                && int.TryParse(header.Metadata.GetValueOrDefault(ClassesKey), NumberStyles.None, CultureInfo.InvariantCulture, out var classes)
                && classes is > 0 and <= MostClasses)
            {
                return new(count, channels, resolution, classes);
            }
        }
        throw new DisBackException($"'{name}' is no packed data set: pack images with 'disback data pack'.");
    }

    /// <summary>What the header of a file of latents tells.</summary>
    /// <param name="header">The header.</param>
    /// <param name="name">What to call the file in messages.</param>
    /// <exception cref="DisBackException">The file has no latents, or not the embeddings of a caption for each.</exception>
    public static DatasetFacts ReadLatents(SafetensorsHeader header, string name) =>
        header.Entries.TryGetValue(Latents, out var latents) && latents.Type.IsFloatingPoint()
            && latents is { Shape: [> 0 and var count, > 0 and <= MostLatentChannels and var channels, > 0 and <= 4096 and var resolution, _] }
            && latents.Shape[3] == resolution && EmbeddingFacts.Read(header, name) is var embeddings && embeddings.Count == count
                ? new(count, (int)channels, (int)resolution, 0) { Embeddings = embeddings }
                : throw new DisBackException($"'{name}' is no file of square latents with the embeddings of their captions: make one with 'disback latents "
                    + "encode'.");

    /// <summary>The metadata of a packed data set; <see cref="Read"/> understands them.</summary>
    public IReadOnlyDictionary<string, string> ToMetadata() =>
        Classes == 0 ? new Dictionary<string, string>() : new() { [ClassesKey] = Classes.ToString(CultureInfo.InvariantCulture) };

    /// <summary>Throws unless the images are what the settings ask for.</summary>
    /// <exception cref="DisBackException">A packed file has another resolution or other channels than its settings.</exception>
    public DatasetFacts Require(DatasetSettings settings, string name)
    {
        var (channels, resolution) = (settings.Channels ?? Channels, settings.Resolution ?? Resolution);
        return (channels, resolution) == (Channels, Resolution)
            ? this
            : throw new DisBackException($"'{name}' is packed as {Channels}x{Resolution}x{Resolution} (channels, height, width), not as "
                + $"{channels}x{resolution}x{resolution}: leave resolution and channels out, or pack it again.");
    }
}
