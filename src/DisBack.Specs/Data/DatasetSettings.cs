using System.ComponentModel.DataAnnotations;

namespace DisBack.Specs.Data;

/// <summary>Where the images of a data set come from.</summary>
public enum DatasetSource
{
    /// <summary>The 10,000 MNIST digits inside this assembly: 28 x 28, grey, ten classes.</summary>
    Digits,

    /// <summary>An IDX file of images and, optionally, one of labels, plain or gzipped (the format of MNIST, Fashion-MNIST and EMNIST).</summary>
    Idx,

    /// <summary>The binary version of CIFAR-10: one of its files, or the folder with its training batches.</summary>
    Cifar10,

    /// <summary>A folder of pictures (PNG, JPEG, WebP, BMP), or a folder of such folders, one for each class.</summary>
    Folder,

    /// <summary>A ZIP file of pictures with their classes in <c>dataset.json</c>, as EDM makes it.</summary>
    Zip,

    /// <summary>One safetensors file of images and their classes, as <c>disback data pack</c> writes it (<see cref="DatasetFacts"/>).</summary>
    Packed,

    /// <summary>One safetensors file of latents and the embeddings of their captions, as <c>disback latents encode</c> writes it.</summary>
    Latents,
}

/// <summary>A data set of square images, or of their latents: which ones to read, and in which size.</summary>
public sealed record DatasetSettings : IValidatableObject
{
    /// <summary>
    /// Where the images come from: <c>digits</c>, the shipped MNIST digits; <c>idx</c>, an IDX file of images; <c>cifar10</c>, the binary version of
    /// CIFAR-10; <c>folder</c>, pictures (PNG, JPEG, WebP, BMP), one subfolder for each class if there are classes; <c>zip</c>, a ZIP file of pictures with
    /// their classes in its <c>dataset.json</c>, as EDM makes it; <c>packed</c>, a file that <c>disback data pack</c> wrote; <c>latents</c>, a file that
    /// <c>disback latents encode</c> wrote, for a teacher that draws pictures of prompts.
    /// </summary>
    public DatasetSource Source { get; init; }

    /// <summary>
    /// The file or the folder of images; for <c>packed</c> and <c>latents</c> also <c>sha256:</c> and the digest of stored content. A path is read
    /// when the spec is submitted, and the run keeps the images that it had then.
    /// </summary>
    [NamesFile]
    public string? Path { get; init; }

    /// <summary>The IDX file of labels; without it the images have no classes.</summary>
    [NamesFile]
    public string? LabelsPath { get; init; }

    /// <summary>
    /// Height and width in pixels that the images are brought to, by cropping the middle square and averaging areas; absent keeps them, and all must then be
    /// squares of one size.
    /// </summary>
    [Range(1, 4096)]
    public int? Resolution { get; init; }

    /// <summary>1 for grey (Rec. 601 luma), 3 for RGB; absent is 1 for <c>digits</c> and <c>idx</c>, 3 for others.</summary>
    [AllowedValues(null, 1, 3)]
    public int? Channels { get; init; }

    /// <summary>Throws unless the settings can be those of a data set: for settings that come from no spec.</summary>
    /// <exception cref="DisBackException">A value or a combination of values is impossible; the message names it.</exception>
    public void Require()
    {
        var invalid = new List<ValidationResult>();
        if (!Validator.TryValidateObject(this, new ValidationContext(this), invalid, validateAllProperties: true))
        {
            throw new DisBackException($"The data set is impossible: {invalid[0].ErrorMessage!.TrimEnd('.')}.");
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Source != DatasetSource.Digits && Path is null)
        {
            yield return new ValidationResult("this source reads files but no path is given; add one", [nameof(Source)]);
        }
        if (Source == DatasetSource.Digits && Path is not null)
        {
            yield return new ValidationResult("the shipped digits are read from no path; remove it or choose another source", [nameof(Path)]);
        }
        if (Source != DatasetSource.Idx && LabelsPath is not null)
        {
            yield return new ValidationResult("only the source idx has a file of labels; remove labels_path", [nameof(LabelsPath)]);
        }
        if (Source == DatasetSource.Latents && (Resolution ?? Channels) is not null)
        {
            yield return new ValidationResult(
                "latents are taken as they were encoded; remove resolution and channels", [Resolution is null ? nameof(Channels) : nameof(Resolution)]);
        }
    }
}
