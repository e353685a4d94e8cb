namespace DisBack.Distillation.Teachers;

/// <summary>Teachers that come with the program, so that the first command needs no download.</summary>
public static class ShippedTeachers
{
    /// <summary>Names of the shipped teachers.</summary>
    public static IReadOnlyList<string> Names { get; } = ["digits"];

    /// <summary>The weights of a shipped teacher, a <see cref="NetworkFile"/>; the caller disposes the stream.</summary>
    public static Stream OpenWeights(string name) => Open($"{name}.safetensors");

    /// <summary>
    /// How it came to be, as JSON: seed, the digest of the committed spec it was trained from, the digest of its weights, its FID and how that was
    /// measured.
    /// </summary>
    public static string Manifest(string name)
    {
        using var reader = new StreamReader(Open($"{name}.json"));
        return reader.ReadToEnd();
    }

    private static Stream Open(string file) =>
        typeof(ShippedTeachers).Assembly.GetManifestResourceStream($"Teachers/{file}") ?? throw new ArgumentException($"No teacher file '{file}' is shipped.", nameof(file));
}
