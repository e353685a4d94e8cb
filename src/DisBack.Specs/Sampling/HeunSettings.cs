using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Sampling;

/// <summary>EDM's Heun sampler (Karras et al. 2022, Algorithms 1 and 2); deterministic unless churn is above 0.</summary>
public sealed record HeunSettings
{
    /// <summary>Sampling steps N; the network is evaluated 2N - 1 times.</summary>
    [Range(2, 10_000)]
    public int Steps { get; init; } = 18;

    /// <summary>Lowest noise level; clipped to what the network supports.</summary>
    [Range(1e-9, 1e6)]
    public double SigmaMin { get; init; } = 0.002;

    /// <summary>Highest noise level; clipped to what the network supports.</summary>
    [Range(1e-9, 1e9)]
    public double SigmaMax { get; init; } = 80;

    /// <summary>Exponent of the noise schedule; larger spends more steps at low noise.</summary>
    [Range(0.1, 100)]
    public double Rho { get; init; } = 7;

    /// <summary>Fresh noise added over the whole trajectory (S_churn); 0 is deterministic.</summary>
    [Range(0, 1e6)]
    public double Churn { get; init; }

    /// <summary>No noise is added below this level (S_min).</summary>
    [Range(0, 1e9)]
    public double ChurnMin { get; init; }

    /// <summary>No noise is added above this level (S_max); absent is no bound.</summary>
    [Range(0, 1e9)]
    public double? ChurnMax { get; init; }

    /// <summary>Standard deviation of the added noise (S_noise).</summary>
    [Range(0.0, 10.0)]
    public double ChurnNoise { get; init; } = 1;
}
