using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace DisBack.Specs.Networks;

/// <summary>A denoising network: its architecture, by model_type, and the options of that architecture.</summary>
/// <remarks>An architecture is a record here, with its name in the list above, and its constructor in the registry of the numerics.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "model_type")]
[JsonDerivedType(typeof(SongUnetSettings), "song-unet")]
[JsonDerivedType(typeof(DhariwalUnetSettings), "dhariwal-unet")]
[JsonDerivedType(typeof(TextUnetSettings), "text-unet")]
[UnlessNamed(typeof(SongUnetSettings))]
public abstract record NetworkSettings
{
    /// <summary>The shape of the samples that the network denoises.</summary>
    [JsonIgnore]
    public abstract SampleShape Shape { get; }

    /// <summary>Number of classes that the network is conditional on; 0 is none.</summary>
    [JsonIgnore]
    public abstract int Classes { get; }

    /// <summary>The form in which the network is told texts; null if it is told none.</summary>
    [JsonIgnore]
    public virtual EmbeddingShape? Embeddings => null;

    /// <summary>Whether it was trained on some samples without their class too, so that it can be guided.</summary>
    [JsonIgnore]
    public abstract bool IsGuidable { get; }

    /// <summary>What the network takes, from its shapes alone; for settings from which one can be built.</summary>
    [JsonIgnore]
    public abstract NetworkSize Size { get; }

    /// <summary>Throws unless a network can be built from these settings.</summary>
    /// <exception cref="DisBackException">A value or a combination of values is impossible; the message names it.</exception>
    public void Validate()
    {
        if (FindFault() is { } fault)
        {
            throw new DisBackException($"{fault}.");
        }
    }

    /// <summary>Why no network can be built from these settings and what to do, without a full stop; null if one can.</summary>
    internal string? FindFault()
    {
        var invalid = new List<ValidationResult>();
        var what = Validator.TryValidateObject(this, new ValidationContext(this), invalid, validateAllProperties: true)
            ? FindContradiction()
            : invalid[0].ErrorMessage;
        return what is null ? null : $"The network settings are impossible: {what.TrimEnd('.')}; correct them";
    }

    /// <summary>What no single setting shows: a combination of values from which no network can be built, in words; null if there is none.</summary>
    protected abstract string? FindContradiction();
}
