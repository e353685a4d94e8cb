using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Noise;

/// <summary>The distribution that the noise levels of training are drawn from (Karras et al. 2022, Table 1; DMD2).</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "law")]
[JsonDerivedType(typeof(LogNormalNoise), "log-normal")]
[JsonDerivedType(typeof(KarrasGridNoise), "karras-grid")]
[JsonDerivedType(typeof(KarrasNoise), "karras")]
[JsonDerivedType(typeof(VpNoise), "vp")]
[JsonDerivedType(typeof(VeNoise), "ve")]
[JsonDerivedType(typeof(IddpmNoise), "iddpm")]
[JsonDerivedType(typeof(ScaledLinearNoise), "scaled-linear")]
public abstract record NoiseLaw
{
    private protected NoiseLaw()
    {
    }
}

/// <summary>EDM's law: the logarithm of the noise level is normal.</summary>
public sealed record LogNormalNoise : NoiseLaw
{
    /// <summary>Mean of the logarithm of the noise level (EDM's P_mean).</summary>
    [Range(-100.0, 100.0)]
    public double Mean { get; init; } = -1.2;

    /// <summary>Standard deviation of the logarithm of the noise level (EDM's P_std).</summary>
    [Range(0.0, 100.0)]
    public double Std { get; init; } = 1.2;
}

/// <summary>DMD2's law on EDM networks: a uniform index into the ascending table of Karras et al.'s noise levels.</summary>
public sealed record KarrasGridNoise : NoiseLaw, IValidatableObject
{
    /// <summary>Entries of the table.</summary>
    [Range(2, 1_000_000)]
    public int Levels { get; init; } = 1000;

    /// <summary>Smallest level of the table.</summary>
    [Range(1e-9, 1e6)]
    public double Min { get; init; } = 0.002;

    /// <summary>Largest level of the table.</summary>
    [Range(1e-9, 1e9)]
    public double Max { get; init; } = 80;

    /// <summary>Exponent of the table.</summary>
    [Range(0.1, 100)]
    public double Rho { get; init; } = 7;

    /// <summary>First index that is drawn, from 0.</summary>
    [Range(0, 1_000_000)]
    public int First { get; init; } = 20;

    /// <summary>Last index that is drawn.</summary>
    [Range(0, 1_000_000)]
    public int Last { get; init; } = 980;

    /// <summary>Whether the indices are in order and inside the table, and the levels in order.</summary>
    [JsonIgnore]
    public bool IsPossible => First <= Last && Last < Levels && Min <= Max;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsPossible)
        {
            yield return new ValidationResult($"indices {First} to {Last} of {Levels} levels from {Min} to {Max} cannot be drawn; order them and stay "
                + "inside the table");
        }
    }
}

/// <summary>Score GAN's law: a uniform time in Karras et al.'s schedule of noise levels.</summary>
public sealed record KarrasNoise : NoiseLaw, IValidatableObject
{
    /// <summary>Smallest level.</summary>
    [Range(1e-9, 1e6)]
    public double Min { get; init; } = 0.002;

    /// <summary>Largest level.</summary>
    [Range(1e-9, 1e9)]
    public double Max { get; init; } = 80;

    /// <summary>Exponent of the schedule; larger draws more low levels.</summary>
    [Range(0.1, 100)]
    public double Rho { get; init; } = 7;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Min > Max)
        {
            yield return new ValidationResult(FormattableString.Invariant($"levels from {Min} to {Max} cannot be drawn; order them"));
        }
    }
}

/// <summary>Song et al.'s variance preserving law: the noise level at a uniform time.</summary>
public sealed record VpNoise : NoiseLaw
{
    /// <summary>Slope of the noise rate.</summary>
    [Range(1e-6, 1e3)]
    public double BetaD { get; init; } = 19.9;

    /// <summary>Initial noise rate.</summary>
    [Range(1e-6, 1e3)]
    public double BetaMin { get; init; } = 0.1;

    /// <summary>Smallest time.</summary>
    [Range(1e-12, 1)]
    public double EpsilonT { get; init; } = 1e-5;
}

/// <summary>Song et al.'s variance exploding law: the logarithm of the noise level is uniform.</summary>
public sealed record VeNoise : NoiseLaw
{
    /// <summary>Smallest level.</summary>
    [Range(1e-9, 1e6)]
    public double Min { get; init; } = 0.02;

    /// <summary>Largest level.</summary>
    [Range(1e-9, 1e9)]
    public double Max { get; init; } = 100;
}

/// <summary>Improved DDPM's law: a uniform index into its table of noise levels, without the 0 at its end (Karras et al. 2022, Table 1).</summary>
public sealed record IddpmNoise : NoiseLaw
{
    /// <summary>Entries M of the table.</summary>
    [Range(1, 1_000_000)]
    public int TimeSteps { get; init; } = 1000;

    /// <summary>C1 of the table.</summary>
    [Range(1e-12, 1.0)]
    public double C1 { get; init; } = 0.001;

    /// <summary>C2 of the table.</summary>
    [Range(0.0, 1.0)]
    public double C2 { get; init; } = 0.008;
}

/// <summary>Stable Diffusion's law: a uniform time step of variance preserving diffusion whose roots of beta rise linearly.</summary>
public sealed record ScaledLinearNoise : NoiseLaw, IValidatableObject
{
    /// <summary>The lowest variance that is added in a time step.</summary>
    [Range(1e-9, 1.0)]
    public double BetaStart { get; init; } = 0.00085;

    /// <summary>The highest variance that is added in a time step.</summary>
    [Range(1e-9, 0.999)]
    public double BetaEnd { get; init; } = 0.012;

    /// <summary>Time steps of the table.</summary>
    [Range(2, 100_000)]
    public int TimeSteps { get; init; } = 1000;

    /// <summary>First time step that is drawn, from 0.</summary>
    [Range(0, 100_000)]
    public int First { get; init; }

    /// <summary>Last time step that is drawn.</summary>
    [Range(0, 100_000)]
    public int Last { get; init; } = 999;

    /// <summary>Whether the time steps are in order and inside the table, and the variances in order.</summary>
    [JsonIgnore]
    public bool IsPossible => First <= Last && Last < TimeSteps && BetaStart < BetaEnd;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsPossible)
        {
            yield return new ValidationResult($"time steps {First} to {Last} of {TimeSteps}, with variances "
                + FormattableString.Invariant($"from {BetaStart} to {BetaEnd}, cannot be drawn; order them and stay inside the table"));
        }
    }
}
