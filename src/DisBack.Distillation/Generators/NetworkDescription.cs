using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using DisBack.Diffusion.Files;
using DisBack.Specs.Networks;

namespace DisBack.Distillation.Generators;

/// <summary>What the metadata of a student's file says of a network that is no denoiser, as JSON.</summary>
/// <typeparam name="T">The settings of such a network.</typeparam>
/// <param name="ImgChannels">Channels of a sample.</param>
/// <param name="ImgResolution">Height and width of a sample.</param>
/// <param name="LabelDim">Number of its classes; 0 is none.</param>
/// <param name="Settings">Its settings.</param>
internal sealed record NetworkDescription<T>(
    [property: Range(1, 1024)] int ImgChannels, [property: Range(1, 65536)] int ImgResolution, [property: Range(0, 1_000_000)] int LabelDim, T Settings)
    where T : class
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    [JsonIgnore]
    public SampleShape Shape => new(ImgChannels, ImgResolution, ImgResolution);

    /// <summary>The text of a network.</summary>
    public static string Of(SampleShape shape, int classes, T settings) =>
        JsonSerializer.Serialize(new NetworkDescription<T>(shape.Channels, shape.Height, classes, settings), s_options);

    /// <summary>Reads what a file says.</summary>
    /// <param name="file">The file.</param>
    /// <param name="key">The field of its metadata.</param>
    /// <exception cref="DisBackException">It is damaged.</exception>
    public static NetworkDescription<T> Read(SafetensorsFile file, string key)
    {
        try
        {
            var told = JsonSerializer.Deserialize<NetworkDescription<T>>(file.Metadata[key], s_options) ?? throw new JsonException("it is null");
            return IsPossible(told) && IsPossible(told.Settings) ? told : throw new JsonException("its numbers are impossible");
        }
        catch (JsonException cause)
        {
            throw new DisBackException(
                $"The '{key}' in the metadata of '{file.Path}' cannot be read ({cause.Message}): it is damaged, take a {StudentFile.Name} that a run has left.",
                cause);
        }

        static bool IsPossible(object value) =>
            Validator.TryValidateObject(value, new ValidationContext(value), validationResults: null, validateAllProperties: true);
    }
}
