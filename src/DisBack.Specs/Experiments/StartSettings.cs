using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Experiments;

/// <summary>
/// A checkpoint of another run, from which an experiment goes on with settings of its own. Its trajectory and its networks are those of that run.
/// </summary>
public sealed record StartSettings : IValidatableObject
{
    /// <summary>The run: its name, its id, or a unique beginning of one.</summary>
    [MinLength(1)]
    public required string Run { get; init; }

    /// <summary>The step of the checkpoint; absent is the newest.</summary>
    [Range(1, long.MaxValue)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Step { get; init; }

    /// <summary>
    /// In place of a step: the earliest checkpoint there is with this node as target (<c>checkpoints.per_node</c>). When the spec is submitted, the target of
    /// whichever was chosen.
    /// </summary>
    [Range(0, int.MaxValue)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Node { get; init; }

    /// <summary>The checkpoint's content, <c>sha256:DIGEST</c>; filled in when the spec is submitted.</summary>
    [NamesFile]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Checkpoint { get; init; }

    /// <summary>Two places at once, and a content of which nothing tells where it is from.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Checkpoint is null && Step is not null && Node is not null)
        {
            yield return new ValidationResult("'step' and 'node' both say where to start; leave one of them out", ["Node"]);
        }
        if (Checkpoint is not null && Step is null)
        {
            yield return new ValidationResult(
                "of a checkpoint that is named by its content the step must be known; give 'step', or leave 'checkpoint' out", ["Step"]);
        }
    }
}
