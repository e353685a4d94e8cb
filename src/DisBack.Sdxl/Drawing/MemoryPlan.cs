using System.Globalization;
using DisBack.Sdxl.Networks.Autoencoder;

namespace DisBack.Sdxl.Drawing;

/// <summary>
/// What a drawing takes of memory at the peak of each phase, from the settings of the model alone: tensors that are alive at a time. Not counted is memory of
/// freed ones that is kept for later, by libtorch on an accelerator, and by the C library on a CPU where tensors have less than 32 MiB.
/// </summary>
public sealed class MemoryPlan
{
    private readonly MemoryEstimate _estimate;
    private readonly long? _available;

    /// <param name="estimate">What is needed.</param>
    /// <param name="available">Bytes that the device has; null where nobody knows.</param>
    internal MemoryPlan(MemoryEstimate estimate, long? available)
    {
        (_estimate, _available) = (estimate, available);
        var whole = estimate.Sizes.WholeSide;
        DecodedSide = available < estimate.Decoding(whole).Bytes ? PictureDecoder.LeastTile : whole;
        Phases = [estimate.Prompts(), estimate.Loading(), estimate.Sampling(), estimate.Decoding(DecodedSide)];
    }

    /// <summary>The phases in their order.</summary>
    public IReadOnlyList<PhaseMemory> Phases { get; }

    /// <summary>The phase that takes most on the device that computes.</summary>
    public PhaseMemory Peak => Phases.MaxBy(phase => phase.Bytes);

    /// <summary>Whether it fits, or nobody knows.</summary>
    public bool Fits => !(Peak.Bytes > _available);

    /// <summary>
    /// Side in latents of the largest square that is decoded whole; a larger picture is decoded in tiles of it. It is 64 where a whole picture would not fit:
    /// tiles differ a little in their colours.
    /// </summary>
    public int DecodedSide { get; }

    /// <summary>Whether pictures are decoded in tiles.</summary>
    public bool DecodesInTiles
    {
        get
        {
            var (height, width) = (_estimate.Request.Height / PictureRequest.SideStep, _estimate.Request.Width / PictureRequest.SideStep);
            return (long)height * width > (long)DecodedSide * DecodedSide;
        }
    }

    /// <summary>Refuses a drawing that cannot fit.</summary>
    /// <exception cref="DisBackException">It cannot; the message says what would.</exception>
    public void Require()
    {
        if (Fits)
        {
            return;
        }
        string[] remedies = [.. MemoryRemedies.For(_estimate, changed => new MemoryPlan(changed, _available).Fits)];
        var (request, peak) = (_estimate.Request, Peak);
        throw new DisBackException(
            $"Drawing {request.Width} x {request.Height} pixels needs about {Gibibytes(peak.Bytes)} of memory, {Gibibytes(peak.Weights)} of them for networks "
            + $"and {Gibibytes(peak.Work)} for what is computed with them, but there are {Gibibytes(_available!.Value)}: " + (remedies.Length > 0
                ? $"{string.Join(" or ", remedies)} would fit."
                : "no smaller request would fit, so use a machine with more memory."));
    }

    private static string Gibibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.00} GiB");
}
