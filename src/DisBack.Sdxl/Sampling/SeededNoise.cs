using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Sampling;

/// <summary>
/// The noise of a batch of pictures. Picture i of a seed has a generator of its own with the seed plus i, as in most programs that draw pictures: any picture
/// can be drawn again alone, by its own seed, whatever batch it was drawn in. Numbers are float32 from the CPU whatever the device and the type of the
/// networks, so that a seed is the same picture everywhere; they are those of diffusers with a CPU generator for each picture, in float32.
/// </summary>
/// <remarks>libtorch's generator on the CPU takes the low 32 bits of a seed: seeds that agree in these draw the same picture.</remarks>
internal sealed class SeededNoise : IPictureNoise
{
    private readonly Generator[] _generators;
    private readonly long[] _shape;

    /// <summary>The noise of pictures.</summary>
    /// <param name="seed">The seed of picture 0. Beyond the largest, seeds go on from the smallest.</param>
    /// <param name="first">Index of the first picture.</param>
    /// <param name="count">How many pictures.</param>
    /// <param name="shape">The shape of the latents of one.</param>
    public SeededNoise(long seed, long first, int count, SampleShape shape)
    {
        _shape = [1, shape.Channels, shape.Height, shape.Width];
        _generators = [.. Enumerable.Range(0, count).Select(i => new Generator(unchecked((ulong)(seed + first + i)), CPU))];
    }

    /// <inheritdoc/>
    public Tensor Next()
    {
        using var scope = NewDisposeScope();
        return cat([.. _generators.Select(generator => randn(_shape, ScalarType.Float32, CPU, generator: generator))]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var generator in _generators)
        {
            generator.Dispose();
        }
    }
}
