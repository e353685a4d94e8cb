using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Networks;

namespace DisBack.Specs.Backtracking;

/// <summary>
/// The generator: a denoiser in one step, G(z) = D(sigma_init * z; sigma_init), or in a few, which is a clone of the teacher before it is trained or a
/// network of its own; or a decoder; or particles.
/// </summary>
public sealed record StudentSettings : IValidatableObject
{
    /// <summary>The noise level the generator is fed at. Near sigma_data an untrained student shows denoised noise, far above it the mean image.</summary>
    [Range(1e-3, 1e4)]
    public double SigmaInit { get; init; } = 2.5;

    /// <summary>
    /// Noise levels of further steps, falling: what has been made so far is noised to the level, with fresh noise, and denoised again. Absent: one step. In
    /// each iteration of training the student makes a random number of its steps, and the last of them learns.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Length(1, 63)]
    public IReadOnlyList<double>? RenoiseSigmas { get; init; }

    /// <summary>
    /// In place of <c>sigma_init</c> and <c>renoise_sigmas</c>, for a network with a table of noise levels: the time step of each step of the student, falling.
    /// What the network sees first are then latents of unit variance whatever the level, as in DMD2: 399 for one step of SDXL; 999, 749, 499, 249 for four.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Length(1, 64)]
    public IReadOnlyList<int>? Timesteps { get; init; }

    /// <summary>
    /// The generator's own architecture, with random initial weights that the seed of stage 1 decides; absent: a clone of the teacher with its weights.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NetworkSettings? Network { get; init; }

    /// <summary>
    /// Weights that the student begins with in place of the teacher's or of random ones, in both stages: a file of its network, which is stored when the spec
    /// is submitted, or stored content as <c>sha256:DIGEST</c>. With <c>adapters</c> those of another run, of the same rank and alpha. Only for denoisers.
    /// </summary>
    [NamesFile]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Weights { get; init; }

    /// <summary>A decoder from a latent vector in place of a denoiser, with random initial weights as <c>network</c> has them: Score GAN's generator.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DecoderSettings? Decoder { get; init; }

    /// <summary>Particles that follow a discriminator in place of a generator, for the host <c>discriminator-flow</c> and no other.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FlowSettings? Flow { get; init; }

    /// <summary>What the student takes.</summary>
    /// <param name="teacher">The teacher's network, which it is a clone of unless it has its own.</param>
    public NetworkSize SizeFor(NetworkSettings teacher) =>
        Decoder?.SizeFor(teacher.Shape, teacher.Classes) ?? Flow?.SizeFor(teacher.Shape, teacher.Classes) ?? (Network ?? teacher).Size;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        (string Name, object? Value)[] kinds =
        [
            ("decoder", Decoder), ("flow", Flow), ("network", Network), ("renoise_sigmas", RenoiseSigmas), ("timesteps", Timesteps), ("weights", Weights),
        ];
        var given = kinds.Where(kind => kind.Value is not null).Select(kind => kind.Name).ToList();
        // A network of its own may make several steps.
        if (given.Count > 1 && given[0] is "decoder" or "flow")
        {
            yield return new ValidationResult(
                $"{given[0]} is the whole student; leave it or {given[1]} out", [given[0] == "flow" ? nameof(Flow) : nameof(Decoder)]);
        }
        if (Timesteps is { } steps)
        {
            if (RenoiseSigmas is not null)
            {
                yield return new ValidationResult("timesteps name the levels of all steps; leave renoise_sigmas out", [nameof(RenoiseSigmas)]);
            }
            if (steps[^1] < 0 || !steps.SequenceEqual(steps.Distinct().OrderDescending()))
            {
                yield return new ValidationResult("the time steps must fall from step to step, and none may be below 0", [nameof(Timesteps)]);
            }
        }
        var before = SigmaInit;
        foreach (var sigma in RenoiseSigmas ?? [])
        {
            if (!(sigma > 0 && sigma < before))
            {
                yield return new ValidationResult(
                    FormattableString.Invariant($"the levels must fall from step to step and stay above 0, but {sigma} follows {before}"),
                    [nameof(RenoiseSigmas)]);
                yield break;
            }
            before = sigma;
        }
    }
}
