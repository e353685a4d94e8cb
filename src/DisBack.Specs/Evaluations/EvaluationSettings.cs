using System.ComponentModel.DataAnnotations;
using DisBack.Specs.Data;

namespace DisBack.Specs.Evaluations;

/// <summary>How samples are evaluated while a run goes on and at its end.</summary>
public sealed record EvaluationSettings
{
    /// <summary>The name of the shipped features.</summary>
    public const string DigitFeatures = "digits";

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
    [NamesFile(Shipped = DigitFeatures)]
    public string Features { get; init; } = DigitFeatures;

    /// <summary>The real images that FID compares with.</summary>
    public DatasetSettings Reference { get; init; } = new();
}
