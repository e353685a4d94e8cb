using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;

namespace DisBack.Specs.Experiments;

/// <summary>A teacher that is trained here: a diffusion model on a data set.</summary>
public sealed record TeacherSpec : IValidatableObject
{
    /// <summary>Name of the teacher; experiments name it as theirs.</summary>
    [RegularExpression(SpecName.Pattern, ErrorMessage = SpecName.Expected)]
    public required string Name { get; init; }

    /// <summary>Seed of everything random: the same spec with the same seed gives the same teacher.</summary>
    public long Seed { get; init; }

    /// <summary>The network.</summary>
    public NetworkSettings Network { get; init; } = new SongUnetSettings();

    /// <summary>The images.</summary>
    public DatasetSettings Data { get; init; } = new();

    /// <summary>The training.</summary>
    public TeacherTrainingSettings Training { get; init; } = new();

    /// <summary>When the training is made durable.</summary>
    public CheckpointSettings Checkpoints { get; init; } = new();

    /// <summary>
    /// How the averaged weights are evaluated, by what EDM's deterministic sampler makes of them in 18 steps: every so many steps and at the end, not at the
    /// start. Absent: not at all.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EvaluationSettings? Evaluation { get; init; }

    /// <summary>Where the training computes.</summary>
    public HardwareSettings Hardware { get; init; } = new();

    /// <summary>What no single setting shows: a network that cannot be built, or that does not fit the images.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Network is TextUnetSettings)
        {
            yield return new ValidationResult(
                "networks of texts (text-unet) are distilled and not trained: register one that is trained with 'disback teacher import DIR', where DIR is the "
                    + "folder of its model, and name it as the teacher of an experiment",
                [nameof(Network)]);
            yield break;
        }
        if (Network.FindFault() is { } reason)
        {
            yield return new ValidationResult(reason, [nameof(Network)]);
        }
        var shape = Network.Shape;
        if (Data.Resolution is { } resolution && (resolution, resolution) != (shape.Height, shape.Width))
        {
            yield return new ValidationResult(
                $"the images are brought to {resolution} pixels but the network has {Math.Max(shape.Height, shape.Width)}; make data.resolution and "
                    + "network.img_resolution equal",
                ["Data.Resolution"]);
        }

        if (Data.Channels is { } channels && channels != shape.Channels)
        {
            yield return new ValidationResult(
                $"the images have {channels} channels but the network has {shape.Channels}; make data.channels and network.img_channels equal",
                ["Data.Channels"]);
        }
        if (Hardware.Workers > 1)
        {
            yield return new ValidationResult("only experiments are trained by several workers; leave it out", ["Hardware.Workers"]);
        }
        if (Training.Augmentation is not null && Network is not UNetSettings { AugmentDim: AugmentationSettings.LabelLength })
        {
            yield return new ValidationResult(
                $"the images are augmented, which the network is told in {AugmentationSettings.LabelLength} numbers; set network.augment_dim to "
                    + $"{AugmentationSettings.LabelLength} or leave training.augmentation out",
                ["Network.AugmentDim"]);
        }
    }
}
