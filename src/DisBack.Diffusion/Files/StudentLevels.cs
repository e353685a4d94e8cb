using System.Globalization;
using System.Text.Json;

namespace DisBack.Diffusion.Files;

/// <summary>The noise levels that a student of denoisers was trained at, as its file says them in free text fields.</summary>
/// <param name="SigmaInit">That of the first step.</param>
/// <param name="RenoiseSigmas">Those of further steps, falling; none for one step.</param>
/// <param name="UnitInput">Whether the network sees unit noise in the first step whatever the level, as students of time steps do.</param>
public sealed record StudentLevels(double SigmaInit, IReadOnlyList<double> RenoiseSigmas, bool UnitInput)
{
    /// <summary>The field without which a file tells no levels.</summary>
    public const string SigmaInitKey = "sigma_init";

    private const string RenoiseSigmasKey = "renoise_sigmas", UnitInputKey = "unit_input";

    /// <summary>The levels of all steps, falling.</summary>
    public IReadOnlyList<double> Sigmas => [SigmaInit, .. RenoiseSigmas];

    /// <summary>What the fields of a file tell; null where they tell no levels.</summary>
    /// <param name="metadata">The fields.</param>
    /// <param name="path">What to call the file in messages.</param>
    /// <exception cref="DisBackException">A field is damaged.</exception>
    public static StudentLevels? Read(IReadOnlyDictionary<string, string> metadata, string path)
    {
        if (!metadata.TryGetValue(SigmaInitKey, out var text))
        {
            return null;
        }
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var first) || !double.IsFinite(first))
        {
            throw Damaged("number", SigmaInitKey);
        }
        try
        {
            var further = metadata.TryGetValue(RenoiseSigmasKey, out var list) ? JsonSerializer.Deserialize<double[]>(list)! : [];
            return new(first, further, metadata.ContainsKey(UnitInputKey));
        }
        catch (JsonException)
        {
            throw Damaged("list of numbers", RenoiseSigmasKey);
        }

        DisBackException Damaged(string what, string key) =>
            new($"'{path}' has no {what} as '{key}' in its metadata: it is damaged, take a student.safetensors that a run has left.");
    }

    /// <summary>Says the levels in the fields of a file.</summary>
    public void WriteTo(IDictionary<string, string> metadata)
    {
        metadata[SigmaInitKey] = SigmaInit.ToString("R", CultureInfo.InvariantCulture);
        if (RenoiseSigmas.Count > 0)
        {
            metadata[RenoiseSigmasKey] = JsonSerializer.Serialize(RenoiseSigmas);
        }
        if (UnitInput)
        {
            metadata[UnitInputKey] = bool.TrueString;
        }
    }
}
