using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Sampling;

/// <summary>EDM's sampler (Karras et al. 2022, Algorithms 1 and 2). Without churn it is deterministic.</summary>
[Description("EDM's Heun sampler; deterministic unless churn is above 0.")]
public sealed record HeunSettings
{
    /// <summary>Steps N; the network is evaluated 2N - 1 times.</summary>
    [Description("Sampling steps N; the network is evaluated 2N - 1 times."), Range(2, 10_000)]
    public int Steps { get; init; } = 18;

    /// <summary>Lowest noise level; clipped to what the network supports.</summary>
    [Description("Lowest noise level; clipped to what the network supports."), Range(1e-9, 1e6)]
    public double SigmaMin { get; init; } = 0.002;

    /// <summary>Highest noise level; clipped to what the network supports.</summary>
    [Description("Highest noise level; clipped to what the network supports."), Range(1e-9, 1e9)]
    public double SigmaMax { get; init; } = 80;

    /// <summary>Exponent of the schedule: larger spends more steps at low noise.</summary>
    [Description("Exponent of the noise schedule; larger spends more steps at low noise."), Range(0.1, 100)]
    public double Rho { get; init; } = 7;

    /// <summary>S_churn: how much fresh noise is added over the whole trajectory; 0 is deterministic.</summary>
    [Description("Fresh noise added over the whole trajectory; 0 is deterministic."), Range(0, 1e6)]
    public double Churn { get; init; }

    /// <summary>S_min: no noise is added below this level.</summary>
    [Description("No noise is added below this level."), Range(0, 1e9)]
    public double ChurnMin { get; init; }

    /// <summary>S_max: no noise is added above this level; null is no bound.</summary>
    [Description("No noise is added above this level; absent is no bound."), Range(0, 1e9)]
    public double? ChurnMax { get; init; }

    /// <summary>S_noise: standard deviation of the added noise.</summary>
    [Description("Standard deviation of the added noise."), Range(0, 10)]
    public double ChurnNoise { get; init; } = 1;
}
