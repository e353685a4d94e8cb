using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Data;

/// <summary>Where the images of a data set come from.</summary>
public enum DatasetSource
{
    /// <summary>The 10,000 MNIST digits inside this assembly: 28 x 28, grey, ten classes.</summary>
    Digits,

    /// <summary>An IDX file of images and, optionally, one of labels, plain or gzipped (the format of MNIST, Fashion-MNIST and EMNIST).</summary>
    Idx,

    /// <summary>A folder of PNG and JPEG files, or a folder of such folders, one for each class.</summary>
    Folder,
}

/// <summary>Which images to read, and in which size.</summary>
[Description("A data set of square images.")]
public sealed record DatasetSettings : IValidatableObject
{
    /// <summary>Where the images come from.</summary>
    [Description("digits: the shipped MNIST digits; idx: an IDX file of images; folder: PNG and JPEG files, one subfolder for each class if there are classes.")]
    public DatasetSource Source { get; init; }

    /// <summary>The IDX file of images, or the folder; unused by <see cref="DatasetSource.Digits"/>.</summary>
    [Description("The IDX file of images, or the folder of images.")]
    public string? Path { get; init; }

    /// <summary>The IDX file of labels; null for images without classes.</summary>
    [Description("The IDX file of labels; without it the images have no classes.")]
    public string? LabelsPath { get; init; }

    /// <summary>Height and width the images are brought to, by cropping the middle square and averaging areas; null keeps them, and all must then be square and alike.</summary>
    [Description("Height and width in pixels: other sizes are cropped to the middle square and averaged. Without it all images must be squares of one size.")]
    [Range(1, 4096)]
    public int? Resolution { get; init; }

    /// <summary>1 for grey (Rec. 601 luma), 3 for RGB; null is grey for digits and IDX, RGB for a folder.</summary>
    [Description("1 for grey, 3 for RGB. Default: 1 for digits and idx, 3 for a folder.")]
    [AllowedValues(null, 1, 3)]
    public int? Channels { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Source != DatasetSource.Digits && Path is null)
            yield return new ValidationResult("this source reads files but no path is given; add one", [nameof(Source)]);
        if (Source == DatasetSource.Digits && Path is not null)
            yield return new ValidationResult("the shipped digits are read from no path; remove it or choose another source", [nameof(Path)]);
        if (Source != DatasetSource.Idx && LabelsPath is not null)
            yield return new ValidationResult("only the source idx has a file of labels; remove labels_path", [nameof(LabelsPath)]);
    }
}
