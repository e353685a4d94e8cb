using System.ComponentModel.DataAnnotations;
using System.Numerics;

namespace DisBack.Specs.Networks;

/// <summary>
/// A decoder from a latent vector, as of a GAN: a linear layer to a small map, and a convolution at each doubling of the resolution. It has no noise level.
/// </summary>
public sealed record DecoderSettings : IValidatableObject
{
    private const int MostMult = 16;

    /// <summary>Length of the latent vector.</summary>
    [Range(1, 65536)]
    public int LatentDim { get; init; } = 128;

    /// <summary>Channels at the resolution of a sample, a power of two; each halving doubles them, up to 16 times as many.</summary>
    [Range(8, 1024)]
    public int Width { get; init; } = 32;

    /// <summary>Channels and resolutions of the maps, the smallest one first.</summary>
    /// <param name="resolution">That of a sample.</param>
    public IReadOnlyList<(int Channels, int Resolution)> Maps(int resolution) => [.. FeatureMaps.Of(Width, resolution, MostMult).Reverse()];

    /// <summary>What it takes.</summary>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="classes">Number of classes; 0 is none.</param>
    public NetworkSize SizeFor(SampleShape shape, int classes)
    {
        var maps = Maps(shape.Height);
        var (channels, resolution) = maps[0];
        long inputs = LatentDim + classes, map = (long)channels * resolution * resolution;
        var (parameters, activations, widest) = ((inputs + 1) * map, inputs, map);
        foreach (var (next, size) in maps)
        {
            var area = (long)size * size;
            // A convolution, and a normalisation whose input and whose nonlinearity's are kept.
            parameters += (9L * channels + 3) * next;
            activations += (channels + 2L * next) * area;
            widest = Math.Max(widest, (channels + next) * area);
            channels = next;
        }
        parameters += (9L * channels + 1) * shape.Channels;
        return new(parameters, activations + 2L * channels * shape.Height * shape.Width, widest);
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!BitOperations.IsPow2(Width))
        {
            yield return new ValidationResult($"width is {Width}; it must be a power of two, such as 32", [nameof(Width)]);
        }
    }
}
