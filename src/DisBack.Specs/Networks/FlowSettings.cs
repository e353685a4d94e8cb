using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Networks;

/// <summary>
/// Particles that follow a discriminator: noise moves in small steps along the gradient of what a network that knows the time says of it. No generator.
/// </summary>
public sealed record FlowSettings
{
    private const int MostMult = 4;

    /// <summary>Steps K of the flow; a sample costs as many gradients of the discriminator.</summary>
    [Range(1, 1000)]
    public int Steps { get; init; } = 25;

    /// <summary>How far the particles move over the whole flow, in gradients.</summary>
    [Range(1e-6, 1e6)]
    public double Eta { get; init; } = 2;

    /// <summary>What the discriminator learns, and what the particles follow.</summary>
    public FlowLoss Loss { get; init; } = FlowLoss.Ipm;

    /// <summary>Channels of the discriminator at the resolution of a sample; each halving doubles them, up to 4 times as many.</summary>
    [Range(2, 1024)]
    public int Width { get; init; } = 64;

    /// <summary>Channels and resolutions of the discriminator's maps, the largest one first.</summary>
    /// <param name="resolution">That of a sample.</param>
    public IReadOnlyList<(int Channels, int Resolution)> Maps(int resolution) => FeatureMaps.Of(Width, resolution, MostMult);

    /// <summary>What the discriminator takes.</summary>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="classes">Number of classes; 0 is none.</param>
    public NetworkSize SizeFor(SampleShape shape, int classes)
    {
        var maps = Maps(shape.Height);
        var (parameters, activations, widest) = ((9L * shape.Channels + 1) * Width, 0L, 0L);
        var (channels, resolution) = maps[0];
        foreach (var (next, size) in maps)
        {
            var area = (long)resolution * resolution;
            // Two convolutions, the affine of the time, and the skip.
            parameters += (9L * channels + 1) * next + (9L * next + 1) * next + ((long)Width + classes + 1) * next;
            parameters += channels == next ? 0 : (channels + 1L) * next;
            activations += (2L * channels + 2L * next) * area;
            widest = Math.Max(widest, (channels + 2L * next) * area);
            (channels, resolution) = (next, size);
        }
        var features = (long)channels * resolution * resolution;
        return new(parameters + features + 1, activations + features, widest);
    }
}

/// <summary>A loss of a discriminator.</summary>
public enum FlowLoss
{
    /// <summary>The difference of its means, an integral probability metric; it needs the gradient penalty.</summary>
    Ipm,

    /// <summary>Cross-entropy.</summary>
    Vanilla,

    /// <summary>Hinge.</summary>
    Hinge,
}
