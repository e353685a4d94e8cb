using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Training;

/// <summary>Where a run computes.</summary>
public sealed record HardwareSettings : IValidatableObject
{
    private const int ThreadsPerCore = 4;

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    [RegularExpression("^(cpu|cuda(:[0-9]+)?)$", ErrorMessage = "cpu, cuda or cuda:N")]
    public string Device { get; init; } = "cpu";

    /// <summary>libtorch threads; part of the run, because it changes the order of sums and so the last bits.</summary>
    [Range(1, 1024)]
    public int Threads { get; init; } = 2;

    /// <summary>
    /// How exactly the networks compute: <c>fp32</c> (what is meant where it is absent), <c>tf32</c> or <c>bf16</c>. Part of the run, as it changes what
    /// comes out.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Precision? Precision { get; init; }

    /// <summary>
    /// Whether a network runs its blocks a second time for their gradients, which takes a third more time, and keeps only what goes into each of them: for
    /// <c>text-unet</c>, whose batch the memory would not hold otherwise. Changes nothing that is computed.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool CheckpointActivations { get; init; }

    /// <summary>
    /// How much of a slot of the device it takes, for example 0.25 where four such runs may share a device; absent is all of it. Changes where the run can be,
    /// never what it computes.
    /// </summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Slot { get; init; }

    /// <summary>
    /// Workers that train it together, each on a slot of its own and on its part of every batch: for experiments of the host <c>dmd2</c>. Part of the run,
    /// because it changes the order of sums and so the last bits; absent is one.
    /// </summary>
    [Range(1, 64)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Workers { get; init; }

    /// <summary>
    /// Refuses more threads than a machine has use for: beyond its cores they wait for each other, and a thousand on two cores make no step in a minute.
    /// </summary>
    /// <param name="cores">The cores of the machine that computes; no other knows them.</param>
    /// <exception cref="SpecMistakeException">The spec asks for too many.</exception>
    public void RequireThreads(int cores)
    {
        var most = ThreadsPerCore * cores;
        if (Threads > most)
        {
            throw new SpecMistakeException(
                "hardware.threads",
                $"hardware.threads is {Threads}, but this machine has {cores} cores and takes at most {most} threads; lower it in the spec");
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Precision is Training.Precision.Tf32 && Device == "cpu")
        {
            yield return new ValidationResult("tf32 is of CUDA devices; choose fp32 or bf16, or hardware.device cuda", [nameof(Precision)]);
        }
        if (Workers > 1 && Device.Contains(':', StringComparison.Ordinal))
        {
            yield return new ValidationResult($"several workers cannot share the one device '{Device}'; choose hardware.device cuda", [nameof(Workers)]);
        }
    }
}
