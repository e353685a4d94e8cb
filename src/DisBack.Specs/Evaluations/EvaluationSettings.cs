using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using DisBack.Specs.Data;
using DisBack.Specs.Networks;

namespace DisBack.Specs.Evaluations;

/// <summary>How samples are evaluated while a run goes on and at its end.</summary>
public sealed record EvaluationSettings : IValidatableObject
{
    /// <summary>The name of the shipped features.</summary>
    public const string DigitFeatures = "digits";

    /// <summary>The name of no features at all.</summary>
    public const string NoFeatures = "none";

    /// <summary>Steps between two evaluations; 0 evaluates only at the start and at the end.</summary>
    [Range(0, int.MaxValue)]
    public int Every { get; init; } = 50;

    /// <summary>Generated images per evaluation on the way.</summary>
    [Range(2, 10_000_000)]
    public int Samples { get; init; } = 2000;

    /// <summary>Generated images of the first and the last evaluation, the ones that are reported.</summary>
    [Range(2, 10_000_000)]
    public int FinalSamples { get; init; } = 10_000;

    /// <summary>
    /// <c>digits</c>, or the path of a safetensors file: a classifier that <c>disback features train</c> made, the Inception weights of pytorch-fid, or
    /// torchvision's VGG16. With <c>--trust-code</c> in a data folder also that of a TorchScript file from images [N,C,H,W] in [-1,1] to features [N,F].
    /// </summary>
    /// <remarks><c>none</c> measures nothing, and leaves pictures alone: for latents, of which there are no features.</remarks>
    [NamesFile(Known = new[] { DigitFeatures, NoFeatures })]
    public string Features { get; init; } = DigitFeatures;

    /// <summary>Whether the features are a file.</summary>
    [JsonIgnore]
    public bool HasFeatureFile => Features is not (DigitFeatures or NoFeatures);

    /// <summary>Whether anything is measured.</summary>
    [JsonIgnore]
    public bool Measures => Features != NoFeatures;

    /// <summary>
    /// The real images that FID compares with. The shipped digits, unless their <c>resolution</c> is given, come in that of the samples.
    /// </summary>
    public DatasetSettings Reference { get; init; } = new();

    /// <summary>
    /// In place of images, their statistics as others have measured them with the same features: the path of an <c>.npz</c> file with <c>mu</c> and
    /// <c>sigma</c>, as EDM's <c>fid.py</c> and pytorch-fid write it. Absent compares with <c>reference</c>.
    /// </summary>
    [NamesFile]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Statistics { get; init; }

    /// <summary>The evaluation of samples of a shape.</summary>
    /// <param name="samples">Their shape.</param>
    public EvaluationSettings Of(SampleShape samples) => Reference is { Source: DatasetSource.Digits, Resolution: null }
        ? this with { Reference = Reference with { Resolution = samples.Height } }
        : this;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Statistics is not null && Reference != new DatasetSettings())
        {
            yield return new ValidationResult("FID compares with the images of reference or with statistics, not with both; remove one", [nameof(Statistics)]);
        }
        if (!Measures && (Statistics is not null || Reference != new DatasetSettings()))
        {
            yield return new ValidationResult(
                $"without features nothing is compared: leave reference and statistics out, or name other features than {NoFeatures}", [nameof(Features)]);
        }
    }
}
