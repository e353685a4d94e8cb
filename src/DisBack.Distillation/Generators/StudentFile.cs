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
        var levels = StudentLevels.Read(file.Metadata, path) ?? throw new DisBackException(
            $"'{path}' is no student: its metadata has none of {StudentLevels.SigmaInitKey}, {DecoderGenerator.DecoderKey} and "
                + $"{FlowGenerator.FlowKey}; give a {Name} that a run has left.");
        return new DenoiserGenerator(NetworkFile.Read(file), levels.SigmaInit, levels.RenoiseSigmas, levels.UnitInput);
    }
}
