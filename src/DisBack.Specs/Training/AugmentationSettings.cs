using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Training;

/// <summary>
/// EDM's augmentation of training images (Karras et al. 2022, Appendix F.2): mirrored, turned, scaled and moved images, and a network that is told what was
/// done to each, so that it makes plain ones when it is told nothing. The network needs <c>augment_dim: 9</c>.
/// </summary>
public sealed record AugmentationSettings
{
    /// <summary>Length of the label of an image: what a network that is trained with augmentation has as its augment_dim.</summary>
    public const int LabelLength = 9;

    /// <summary>
    /// The probability of each operation on each image: 0.12 for CIFAR-10 and 0.15 for FFHQ and AFHQv2 in EDM. Unless it is 0, every second image is mirrored
    /// left to right.
    /// </summary>
    [Range(0.0, 1.0)]
    public double Probability { get; init; } = 0.12;

    /// <summary>Standard deviation of the binary logarithm of the size.</summary>
    [Range(0.0, 2.0)]
    public double ScaleStd { get; init; } = 0.2;

    /// <summary>Standard deviation of the binary logarithm of the stretching along an axis, across which the image shrinks as much.</summary>
    [Range(0.0, 2.0)]
    public double StretchStd { get; init; } = 0.2;

    /// <summary>The probability that a stretched image is stretched along any direction; otherwise along its width.</summary>
    [Range(0.0, 1.0)]
    public double StretchTurnProbability { get; init; } = 0.5;

    /// <summary>Standard deviation of the translation along each axis, in parts of the image's size.</summary>
    [Range(0.0, 2.0)]
    public double TranslationStd { get; init; } = 0.125;
}
