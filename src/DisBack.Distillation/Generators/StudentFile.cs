using System.Globalization;
using System.Text.Json;
using DisBack.Diffusion.Files;

namespace DisBack.Distillation.Generators;

/// <summary>A generator as a file: safetensors, whose metadata says which generator it is.</summary>
public static class StudentFile
{
    /// <summary>Its usual name.</summary>
    public const string Name = "student.safetensors";

    /// <summary>Writes a generator.</summary>
    public static void Write(Stream stream, IGenerator generator)
    {
        var (tensors, metadata) = generator.ToFile();
        SafetensorsFile.Write(stream, tensors, metadata);
    }

    /// <summary>Opens a generator; the caller disposes it.</summary>
    /// <exception cref="DisBackException">The file is damaged, or holds no generator.</exception>
    public static IGenerator Open(string path)
    {
        using var file = SafetensorsFile.Open(path);
        if (file.Metadata.ContainsKey(DecoderGenerator.DecoderKey))
        {
            return DecoderGenerator.Read(file);
        }
        if (file.Metadata.ContainsKey(FlowGenerator.FlowKey))
        {
            return FlowGenerator.Read(file);
        }
        if (!file.Metadata.TryGetValue(DenoiserGenerator.SigmaInitKey, out var text))
        {
            throw new DisBackException(
                $"'{path}' is no student: its metadata has none of {DenoiserGenerator.SigmaInitKey}, {DecoderGenerator.DecoderKey} and "
                    + $"{FlowGenerator.FlowKey}; give a {Name} that a run has left.");
        }
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var sigmaInit) || !double.IsFinite(sigmaInit))
        {
            throw Damaged("number", DenoiserGenerator.SigmaInitKey);
        }
        var levels = Levels();
        return new DenoiserGenerator(NetworkFile.Read(file), sigmaInit, levels, file.Metadata.ContainsKey(DenoiserGenerator.UnitInputKey));

        double[] Levels()
        {
            try
            {
                return file.Metadata.TryGetValue(DenoiserGenerator.RenoiseSigmasKey, out var list) ? JsonSerializer.Deserialize<double[]>(list)! : [];
            }
            catch (JsonException)
            {
                throw Damaged("list of numbers", DenoiserGenerator.RenoiseSigmasKey);
            }
        }

        DisBackException Damaged(string what, string key) =>
            new($"'{path}' has no {what} as '{key}' in its metadata: it is damaged, take a {Name} that a run has left.");
    }
}
