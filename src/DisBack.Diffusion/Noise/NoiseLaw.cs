using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Diffusion.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Noise;

/// <summary>The distribution that the noise levels of training are drawn from (Karras et al. 2022, Table 1; DMD2).</summary>
[Description("The distribution of the noise levels of training.")]
[JsonPolymorphic(TypeDiscriminatorPropertyName = "law")]
[JsonDerivedType(typeof(LogNormalNoise), "log-normal")]
[JsonDerivedType(typeof(KarrasGridNoise), "karras-grid")]
[JsonDerivedType(typeof(VpNoise), "vp")]
[JsonDerivedType(typeof(VeNoise), "ve")]
public abstract record NoiseLaw
{
    private protected NoiseLaw()
    {
    }

    /// <summary>Independent noise levels sigma, float32 [batch,1,1,1], on the CPU as all generators are.</summary>
    public Tensor Sample(long batch, Generator generator)
    {
        using var scope = NewDisposeScope();
        return Draw([batch, 1, 1, 1], generator).MoveToOuterDisposeScope();
    }

    private protected abstract Tensor Draw(long[] shape, Generator generator);

    private protected static Tensor Uniform(long[] shape, Generator generator) =>
        rand(shape, ScalarType.Float32, generator: generator);
}

/// <summary>EDM's law: the logarithm of sigma is normal.</summary>
[Description("EDM's law: the logarithm of the noise level is normal.")]
public sealed record LogNormalNoise : NoiseLaw
{
    /// <summary>P_mean: mean of ln sigma.</summary>
    [Description("Mean of the logarithm of the noise level."), Range(-100, 100)]
    public double Mean { get; init; } = -1.2;

    /// <summary>P_std: standard deviation of ln sigma.</summary>
    [Description("Standard deviation of the logarithm of the noise level."), Range(0, 100)]
    public double Std { get; init; } = 1.2;

    private protected override Tensor Draw(long[] shape, Generator generator) =>
        randn(shape, ScalarType.Float32, generator: generator).mul_(Std).add_(Mean).exp_();
}

/// <summary>DMD2's law on EDM networks: a uniform index into Karras et al.'s ascending table of noise levels.</summary>
[Description("DMD2's law: a uniform index into the ascending table of Karras et al.'s noise levels.")]
public sealed record KarrasGridNoise : NoiseLaw, IValidatableObject
{
    /// <summary>Entries of the table.</summary>
    [Description("Entries of the table."), Range(2, 1_000_000)]
    public int Levels { get; init; } = 1000;

    /// <summary>The smallest level of the table.</summary>
    [Description("Smallest level of the table."), Range(1e-9, 1e6)]
    public double Min { get; init; } = 0.002;

    /// <summary>The largest level of the table.</summary>
    [Description("Largest level of the table."), Range(1e-9, 1e9)]
    public double Max { get; init; } = 80;

    /// <summary>Exponent of the table.</summary>
    [Description("Exponent of the table."), Range(0.1, 100)]
    public double Rho { get; init; } = 7;

    /// <summary>The first index that is drawn.</summary>
    [Description("First index that is drawn, from 0."), Range(0, 1_000_000)]
    public int First { get; init; } = 20;

    /// <summary>The last index that is drawn.</summary>
    [Description("Last index that is drawn."), Range(0, 1_000_000)]
    public int Last { get; init; } = 980;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (First > Last || Last >= Levels || Min > Max)
            yield return new ValidationResult($"indices {First} to {Last} of {Levels} levels from {Min} to {Max} cannot be drawn; order them and stay inside the table");
    }

    private protected override Tensor Draw(long[] shape, Generator generator)
    {
        if (First > Last || Last >= Levels || Min > Max)
            throw new DisBackException($"The karras-grid noise law cannot draw indices {First} to {Last} of {Levels} levels from {Min} to {Max}: order them and stay inside the table.");
        double low = Math.Pow(Min, 1 / Rho), high = Math.Pow(Max, 1 / Rho);
        var index = randint(First, Last + 1, shape, ScalarType.Int64, generator: generator).to(ScalarType.Float64);
        return index.mul_((high - low) / (Levels - 1)).add_(low).pow_(Rho).to(ScalarType.Float32);
    }
}

/// <summary>Song et al.'s variance preserving law: sigma at a uniform time.</summary>
[Description("Variance preserving law: the noise level at a uniform time.")]
public sealed record VpNoise : NoiseLaw
{
    /// <summary>Slope of the noise rate.</summary>
    [Description("Slope of the noise rate."), Range(1e-6, 1e3)]
    public double BetaD { get; init; } = 19.9;

    /// <summary>Initial noise rate.</summary>
    [Description("Initial noise rate."), Range(1e-6, 1e3)]
    public double BetaMin { get; init; } = 0.1;

    /// <summary>The smallest time.</summary>
    [Description("Smallest time."), Range(1e-12, 1)]
    public double EpsilonT { get; init; } = 1e-5;

    private protected override Tensor Draw(long[] shape, Generator generator)
    {
        var t = Uniform(shape, generator).mul_(EpsilonT - 1).add_(1);
        return VpSchedule.Sigma(t, BetaD, BetaMin);
    }
}

/// <summary>Song et al.'s variance exploding law: the logarithm of sigma is uniform.</summary>
[Description("Variance exploding law: the logarithm of the noise level is uniform.")]
public sealed record VeNoise : NoiseLaw
{
    /// <summary>The smallest level.</summary>
    [Description("Smallest level."), Range(1e-9, 1e6)]
    public double Min { get; init; } = 0.02;

    /// <summary>The largest level.</summary>
    [Description("Largest level."), Range(1e-9, 1e9)]
    public double Max { get; init; } = 100;

    private protected override Tensor Draw(long[] shape, Generator generator) =>
        Uniform(shape, generator).mul_(Math.Log(Max / Min)).exp_().mul_(Min);
}
