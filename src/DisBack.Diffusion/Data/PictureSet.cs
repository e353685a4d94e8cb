using System.Globalization;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Data;

/// <summary>Pictures in an order, each read when its turn comes.</summary>
/// <param name="names">Their names, as errors call them.</param>
/// <param name="labels">The class of each, from 0; null if there are no classes.</param>
/// <param name="read">The picture of a name, uint8 [3,H,W]; the caller disposes it.</param>
/// <param name="source">What they are read from, owned from now on; null if nothing is to be closed.</param>
internal sealed class PictureSet(IReadOnlyList<string> names, IReadOnlyList<long>? labels, Func<string, Tensor> read, IDisposable? source = null)
    : IDisposable
{
    private const int MostNamed = 5;

    private static readonly double[] s_luma = [0.299, 0.587, 0.114]; // Rec. 601

    /// <summary>Number of pictures.</summary>
    public int Count => names.Count;

    /// <summary>The class of each picture, from 0; null if there are no classes.</summary>
    public IReadOnlyList<long>? Labels => labels;

    /// <summary>Number of classes; 0 if there are none.</summary>
    public int ClassCount { get; } = labels is null ? 0 : (int)labels.Max() + 1;

    /// <summary>What was passed over, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether an entry of a folder is one that a person put there: not .DS_Store, ._photo.jpg, .ipynb_checkpoints, __MACOSX.</summary>
    public static bool IsShown(string name) => name.Length > 0 && name[0] != '.' && name is not ("__MACOSX" or "Thumbs.db" or "desktop.ini");

    /// <summary>A sentence about entries, a few of them by name; none about no entries.</summary>
    public static IEnumerable<string> Note(string what, List<string> entries)
    {
        if (entries.Count == 0)
        {
            return [];
        }
        entries.Sort(StringComparer.Ordinal);
        var more = entries.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {entries.Count - MostNamed:N0} more") : "";
        return [$"{what}: {string.Join(", ", entries.Take(MostNamed))}{more}."];
    }

    /// <summary>The height and width of the first picture, which the others must have too where they are not resized.</summary>
    public int FirstSide()
    {
        using var first = Read(names[0], null, 3);
        return (int)first.shape[^1];
    }

    /// <summary>Every picture as uint8 [channels, R, R]; the caller disposes each.</summary>
    /// <param name="resolution">The resolution R to crop and average to; null keeps the pictures, which must then be squares of one size.</param>
    /// <param name="channels">1 for grey, 3 for RGB.</param>
    /// <exception cref="DisBackException">A picture cannot be read, or has another size than the first.</exception>
    public IEnumerable<Tensor> Images(int? resolution, int channels)
    {
        var first = 0L;
        foreach (var name in names)
        {
            var image = Read(name, resolution, channels);
            var side = image.shape[^1];
            first = first == 0 ? side : first;
            if (side != first)
            {
                image.Dispose();
                throw new DisBackException(
                    $"{name} is {side}x{side} where {names[0]} is {first}x{first}: give the data set a resolution so that images are resized.");
            }
            yield return image;
        }
    }

    /// <summary>RGB [...,3,H,W] as grey levels [...,1,H,W], both uint8.</summary>
    public static Tensor ToGrey(Tensor rgb)
    {
        using var scope = NewDisposeScope();
        // Grey pixels (r = g = b) must come out as they are although the weights do not add up to 1 exactly: rounded, not cut.
        return ((rgb.to(float64) * tensor(s_luma).view(3, 1, 1)).sum(-3, keepdim: true) + 0.5).floor().to(uint8).MoveToOuterDisposeScope();
    }

    public void Dispose() => source?.Dispose();

    private Tensor Read(string name, int? resolution, int channels)
    {
        using var scope = NewDisposeScope();
        var image = read(name);
        if (resolution is null && image.shape[1] != image.shape[2])
        {
            throw new DisBackException($"{name} is {image.shape[2]}x{image.shape[1]}, not a square: give the data set a resolution so that images are "
                + "cropped and resized.");
        }
        if (channels == 1)
        {
            image = ToGrey(image);
        }
        return (resolution is { } side ? AreaAverage.Square(image, side) : image).contiguous().MoveToOuterDisposeScope();
    }
}
