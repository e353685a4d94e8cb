using static TorchSharp.torch;

namespace DisBack.Sdxl.Sampling;

/// <summary>Classifier-free guidance (Ho and Salimans 2022).</summary>
internal static class Guidance
{
    /// <summary>Whether a scale asks for guidance; at 1 and below the network is asked with its condition alone, as in diffusers.</summary>
    public static bool IsOn(double scale) => scale > 1;

    /// <summary>eps = u + scale (c - u). Both predictions are made in one batch, so that the network's weights are read once.</summary>
    /// <param name="doubled">A network of 2B samples with the conditions of u, what is not wanted or nothing, before those of c, what is wanted.</param>
    /// <param name="scale">How far to go from the one to the other.</param>
    public static NoisePrediction Of(NoisePrediction doubled, double scale) => (noisy, timestep) =>
    {
        using var scope = NewDisposeScope();
        var halves = doubled(cat([noisy, noisy]), timestep).to(ScalarType.Float32).chunk(2);
        return (halves[0] + (halves[1] - halves[0]).mul_(scale)).MoveToOuterDisposeScope();
    };
}
