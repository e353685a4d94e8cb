using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;

namespace DisBack.Specs.Experiments;

/// <summary>One experiment: a teacher is distilled into a one-step student by recording a trajectory and walking it back.</summary>
public sealed record ExperimentSpec : IValidatableObject
{
    /// <summary>Name of the experiment; its runs are found under it.</summary>
    [RegularExpression(SpecName.Pattern, ErrorMessage = SpecName.Expected)]
    public required string Name { get; init; }

    /// <summary>Seed of everything random: the same spec with the same seed gives the same student.</summary>
    public long Seed { get; init; }

    /// <summary>
    /// The teacher: <c>digits</c> is shipped; otherwise a registered name, a digest of weights, stored content as <c>sha256:DIGEST</c>, or the path of a
    /// .safetensors file, which is stored when the spec is submitted.
    /// </summary>
    [MinLength(1)]
    public required string Teacher { get; init; }

    /// <summary>The generator.</summary>
    public StudentSettings Student { get; init; } = new();

    /// <summary>
    /// Trains low-rank adapters of the teacher's weights in place of copies of them: student, fake score and every node of the trajectory are adapters, and
    /// share one frozen network. For teachers of texts; absent trains all weights.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AdapterSettings? Adapters { get; init; }

    /// <summary>Stage 1, degradation recording.</summary>
    public RecordingSettings Recording { get; init; } = new();

    /// <summary>Stage 2, distribution backtracking.</summary>
    public BacktrackingSettings Backtracking { get; init; } = new DmdSettings();

    /// <summary>
    /// For a teacher that draws pictures of prompts: the embeddings of the prompts that it is distilled on, a file that <c>disback prompts encode</c> wrote,
    /// which is stored when the spec is submitted; or stored content as <c>sha256:DIGEST</c>.
    /// </summary>
    [NamesFile]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Conditions { get; init; }

    /// <summary>Real images, for a host that needs them; absent for the data-free ones.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DatasetSettings? Data { get; init; }

    /// <summary>A checkpoint of another run to go on from; absent is a student that begins anew.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StartSettings? Start { get; init; }

    /// <summary>When the run is made durable.</summary>
    public CheckpointSettings Checkpoints { get; init; } = new();

    /// <summary>How the student is evaluated.</summary>
    public EvaluationSettings Evaluation { get; init; } = new();

    /// <summary>Where the run computes.</summary>
    public HardwareSettings Hardware { get; init; } = new();

    /// <summary>The network of a student that is a denoiser, with its adapters where the experiment trains these alone.</summary>
    /// <param name="teacher">The teacher's network.</param>
    public NetworkSettings NetworkOfStudent(NetworkSettings teacher) =>
        Student.Network ?? (teacher is TextUnetSettings whole ? whole with { Adapter = Adapters } : teacher);

    /// <summary>The index of the first target of stage 2 on a trajectory of so many nodes, the teacher included.</summary>
    public int FirstTargetOf(int nodes) => Start?.Node ?? Backtracking.FirstTargetOf(nodes);

    /// <summary>What no single setting shows: combinations that cannot do what they say.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Student.Network?.FindFault() is { } fault)
        {
            yield return new ValidationResult(fault, ["Student.Network"]);
        }
        if (Backtracking.NeedsData && Data is null)
        {
            yield return new ValidationResult(
                "the host's discriminator learns from real images, of which the spec names none; add them, for example 'data: {source: digits}', or set "
                    + "generator_gan_weight and fake_gan_weight to 0",
                ["Backtracking"]);
        }
        if (Hardware.Workers is > 1 and var workers)
        {
            if (!Backtracking.CanAccumulate)
            {
                yield return new ValidationResult("only the host dmd2 computes its batch in parts, as several workers do; leave it out", ["Hardware.Workers"]);
            }
            if (Backtracking.BatchPart % workers != 0)
            {
                yield return NoParts("backtracking", Backtracking.Batch, Backtracking.Accumulate, workers);
            }
            if (Recording.Steps > 0 && Recording.BatchPart % workers != 0)
            {
                yield return NoParts("recording", Recording.Batch, Recording.Accumulate, workers);
            }
        }
        if (Recording.GanWeight > 0 && Data is null)
        {
            yield return new ValidationResult(
                "the recording's discriminator learns from real samples, of which the spec names none; add them under 'data', or leave gan_weight out",
                ["Recording.GanWeight"]);
        }
        if (Adapters is not null && (Student.Network is not null || Student.Decoder is not null || Student.Flow is not null))
        {
            yield return new ValidationResult("a student of its own architecture adapts no weights of the teacher; leave one of the two out", ["Adapters"]);
        }
        if (Adapters is not null && Backtracking.Switching is Interpolated)
        {
            yield return new ValidationResult(
                "between two nodes of adapters there is no network whose weights lie between theirs; choose another policy or leave adapters out",
                ["Backtracking.Switching"]);
        }
        if (Student.Flow is null != Backtracking is not DiscriminatorFlowSettings)
        {
            yield return new ValidationResult(
                "student.flow and the host discriminator-flow need each other: one is the particles, the other trains what they follow; name both or neither",
                [Student.Flow is null ? "Backtracking" : "Student.Flow"]);
        }
        if (Backtracking is DiscriminatorFlowSettings && (Recording.Steps > 0 || Recording.From is not null))
        {
            yield return new ValidationResult(
                "the host discriminator-flow has no target for which a trajectory could be recorded; set steps to 0", ["Recording.Steps"]);
        }
        if (Backtracking is DiscriminatorFlowSettings { NoiseFloor.Enough: > 0 })
        {
            yield return new ValidationResult(
                "the host discriminator-flow compares no scores at a noise that could have a floor; leave it out", ["Backtracking.NoiseFloor"]);
        }
        // The paper's loop keeps the first target for one iteration more than the others.
        (int Interval, int More)? every = Backtracking.Switching switch
        {
            FixedInterval { Interval: var kept } => (kept, 1),
            Interpolated { Interval: var moved } => (moved, 0),
            _ => null,
        };
        if (every is var (interval, more) && StepsToTeacher(interval) + more is { } needed && needed > Backtracking.Steps)
        {
            yield return new ValidationResult(
                $"with {interval} steps from target to target the student needs {needed} steps to reach the teacher but has {Backtracking.Steps}; shorten the "
                    + "interval, record fewer nodes or raise backtracking.steps",
                ["Backtracking.Switching.Interval"]);
        }
    }

    private static ValidationResult NoParts(string stage, int batch, int? accumulate, int workers) => new(
        $"{stage}.batch {batch} has no {workers * (accumulate ?? 1)} parts of equal size, {accumulate ?? 1} for each worker; choose a divisor",
        ["Hardware.Workers"]);

    /// <summary>Steps after which the teacher is the target, where the number of nodes follows from the settings.</summary>
    private long? StepsToTeacher(int interval) =>
        Recording.CountNodes() is { } nodes && Backtracking.FirstTargetOf(nodes) is > 0 and var switches ? switches * (long)interval : null;
}
