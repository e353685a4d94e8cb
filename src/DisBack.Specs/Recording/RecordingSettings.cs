using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Noise;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;

namespace DisBack.Specs.Recording;

/// <summary>
/// Stage 1, degradation recording (Eq. 7 of the paper): how the teacher learns the untrained student's distribution, and which of its weights are kept.
/// </summary>
public sealed record RecordingSettings : IValidatableObject
{
    private const int MostStepsToCount = 100_000;

    /// <summary>
    /// A trajectory that there is already, in place of recording one: its id, its name, or a run that walks it. Nothing else of stage 1 but <c>seed</c> is set
    /// beside it.
    /// </summary>
    [MinLength(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? From { get; init; }

    /// <summary>
    /// Degradation steps; 0, the default, records the teacher alone, which is the host method without a path: where the student begins as a copy of the teacher
    /// none was as good as a floor under the noise (see the benchmark log). 64 are enough for the shipped digits.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int Steps { get; init; }

    /// <summary>Ends stage 1 before all steps are made, with its last node there; absent: it makes them all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LossPlateau? UntilPlateau { get; init; }

    /// <summary>Ends stage 1 as soon as its network knows the untrained student's samples, perhaps before the first step; absent: it goes on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CalibrationGoal? UntilCalibrated { get; init; }

    /// <summary>Student samples per step.</summary>
    [Range(1, 65536)]
    public int Batch { get; init; } = 128;

    /// <inheritdoc cref="TeacherTrainingSettings.Accumulate" path="/summary"/>
    [Range(1, 65536)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Accumulate { get; init; }

    /// <summary>How the degrading network is updated.</summary>
    public OptimizerSettings Optimizer { get; init; } = new() { LearningRate = 5e-4 };

    /// <summary>Noise levels of the denoising loss.</summary>
    public NoiseLaw Noise { get; init; } = new LogNormalNoise();

    /// <summary>How the loss of the elements of a sample is put together.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LossReduction Loss { get; init; }

    /// <summary>
    /// The weight of the loss of a discriminator on the degrading network's features, which the network learns from too, beside its own loss: as DisBack's
    /// SDXL was recorded, with 0.01 beside <c>loss: mean</c>. It needs real samples under <c>data</c>. 0: there is none.
    /// </summary>
    [Range(0.0, 1e3)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double GanWeight { get; init; }

    /// <summary>Seed of stage 1; absent: the experiment's seed. Experiments of several seeds that give the same one here share one trajectory.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Seed { get; init; }

    /// <summary>Which steps become nodes.</summary>
    public RecordingPolicy Nodes { get; init; } = new LogSpaced();

    /// <summary>Samples that are computed at once.</summary>
    [JsonIgnore]
    public int BatchPart => Batch / (Accumulate ?? 1);

    /// <summary>The number of nodes, with the teacher; null where it does not follow from the settings, or from too many steps to look at.</summary>
    public int? CountNodes() =>
        From is not null || !Nodes.IsForeseeable || UntilPlateau is not null || UntilCalibrated is not null || Steps > MostStepsToCount
            ? null
            : 1 + Enumerable.Range(1, Steps).Count(step => step == Steps || Nodes.Records(step, default));

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (From is not null && SpecJson.Canonical(this with { From = null, Seed = null }) != SpecJson.Canonical(new RecordingSettings()))
        {
            yield return new ValidationResult("a trajectory that is there is not recorded: leave away what else recording says, but for seed", [nameof(From)]);
        }
        if (Accumulate is > 0 and var parts && Batch % parts != 0)
        {
            yield return new ValidationResult(
                $"a batch of {Batch} has no {parts} parts of equal size; choose a divisor of recording.batch", [nameof(Accumulate)]);
        }
    }
}

/// <summary>How a loss is put together from those of the elements of a sample; samples are averaged.</summary>
public enum LossReduction
{
    /// <summary>Their sum, as in EDM.</summary>
    Sum,

    /// <summary>Their mean, as in DMD2: gradients are smaller by the number of elements, which matters where they are clipped or losses are added.</summary>
    Mean,
}
