using System.Text.Json;
using DisBack.Specs.Files;

namespace DisBack.Specs.Reading;

/// <summary>
/// Reads specs from YAML. It walks the text along the serializer's own description of the record, so a settings record is all there is to write:
/// its properties are the keys, its data annotations the bounds, its defaults the defaults.
/// </summary>
public static class SpecReader
{
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads a spec from a file.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="overrides">Values that replace those of the file, each <c>a.b=value</c> with the value in YAML.</param>
    /// <exception cref="SpecException">The spec has mistakes: the exception names all of them.</exception>
    /// <exception cref="DisBackException">The file cannot be read.</exception>
    public static T Read<T>(string path, IReadOnlyList<string>? overrides = null) where T : class => ReadLocated<T>(path, overrides).Spec;

    /// <summary>As <see cref="Read"/>, with where each value was written.</summary>
    public static LocatedSpec<T> ReadLocated<T>(string path, IReadOnlyList<string>? overrides = null) where T : class =>
        ParseLocated<T>(TextOf(path), path, overrides);

    /// <summary>The text of a spec that lies in a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SpecException">It holds no text.</exception>
    /// <exception cref="DisBackException">The file cannot be read.</exception>
    internal static string TextOf(string path)
    {
        try
        {
            return Decode(Bytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DisBackException($"The spec {path} cannot be read: {Sentence(e.Message, path)}", e);
        }
    }

    /// <summary>The text of a spec in UTF-8, or in UTF-16 or UTF-32 as its first bytes tell.</summary>
    /// <param name="bytes">The bytes of the file.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <exception cref="SpecException">They are no text: the exception says where.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes, string source) => SpecText.Decode(bytes, source);

    /// <summary>Reads a spec from text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="source">What to call the text in messages, as a rule its file name.</param>
    /// <param name="overrides">Values that replace those of the text, each <c>a.b=value</c> with the value in YAML.</param>
    /// <exception cref="SpecException">The spec has mistakes: the exception names all of them.</exception>
    public static T Parse<T>(string yaml, string source, IReadOnlyList<string>? overrides = null) where T : class =>
        ParseLocated<T>(yaml, source, overrides).Spec;

    /// <summary>As <see cref="Parse"/>, with where each value was written.</summary>
    public static LocatedSpec<T> ParseLocated<T>(string yaml, string source, IReadOnlyList<string>? overrides = null) where T : class
    {
        var problems = new SpecProblems(source);
        return Walked<T>(Compose(yaml, source, overrides, problems), problems);
    }

    /// <summary>The document of a text, with the overrides in their places.</summary>
    internal static SpecNode Compose(string yaml, string source, IReadOnlyList<string>? overrides, SpecProblems problems)
    {
        var root = YamlComposer.Compose(yaml, mark => new SpecLocation(source, mark.Line, mark.Column), problems)
            ?? new SpecSection(new SpecLocation(source, 1, 1));
        if (root is SpecSection empty && !empty.Entries.Any())
        {
            problems.ThrowIfAny();
        }
        foreach (var setting in overrides ?? [])
        {
            root = SpecOverride.Apply(root, setting, problems);
        }
        return root;
    }

    /// <summary>A document as the record that it describes.</summary>
    internal static LocatedSpec<T> Walked<T>(SpecNode root, SpecProblems problems, string path = "") where T : class
    {
        var walker = new SpecWalker(problems);
        var json = walker.Read(root, typeof(T), path);
        problems.ThrowIfAny();
        var spec = json.Deserialize<T>(SpecJson.Options)!;
        walker.Check(spec, path);
        problems.ThrowIfAny();
        return new LocatedSpec<T>(spec, walker.LocationOf);
    }

    /// <summary>
    /// A spec may come through a pipe that the shell has opened, as it does for <c>&lt;(command)</c>; nobody knows its end, so no more is read than a spec may
    /// have. To open any other pipe can last for ever.
    /// </summary>
    private static byte[] Bytes(string path)
    {
        if (File.Exists(path) && !RegularFile.Is(path) && !path.StartsWith("/dev/", StringComparison.Ordinal))
        {
            throw new DisBackException($"The spec {path} cannot be read: it is no regular file but a pipe, a socket or a device; name the YAML file.");
        }
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var bytes = new byte[MaxBytes + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= MaxBytes
            ? bytes[..length]
            : throw new DisBackException($"{path} has more than {MaxBytes:N0} bytes, which is too large for a spec; give the YAML file of the run.");
    }

    private static string Sentence(string message, string path) => File.Exists(path) ? message
        : Directory.Exists(path) ? "it is a folder; name the YAML file in it." : "there is no such file; check the path.";
}
