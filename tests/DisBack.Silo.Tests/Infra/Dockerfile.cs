using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DisBack.Silo.Tests.Infra;

/// <summary>A Dockerfile as its instructions.</summary>
internal sealed partial class Dockerfile
{
    private Dockerfile(string path, IReadOnlyList<(string Verb, string Text)> instructions) => (Path, Instructions) = (path, instructions);

    public string Path { get; }

    public IReadOnlyList<(string Verb, string Text)> Instructions { get; }

    /// <summary>The instructions of the image itself, after its last FROM.</summary>
    public IReadOnlyList<(string Verb, string Text)> Last => [.. Instructions.Skip(Instructions.ToList().FindLastIndex(one => one.Verb == "FROM"))];

    /// <summary>The variables that every container of the image has.</summary>
    public IReadOnlyDictionary<string, string> Environment => Last.Where(one => one.Verb == "ENV")
        .SelectMany(one => one.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    public IReadOnlyList<int> Ports => [.. Last.Where(one => one.Verb == "EXPOSE").SelectMany(one => one.Text.Split(' ')).Select(int.Parse)];

    public static IEnumerable<Dockerfile> All() => Directory.GetFiles(Tree.PathOf("infra/docker"), "*.Dockerfile").Order(StringComparer.Ordinal).Select(Read);

    /// <summary>
    /// The file of an image: <c>disback-silo:0.1.0-cuda</c> is built from <c>silo.Dockerfile</c>, and its version is that of the source tree.
    /// </summary>
    public static Dockerfile OfImage(string image)
    {
        var version = XDocument.Parse(Tree.Read("Directory.Build.props")).Descendants("Version").Single().Value;
        var match = Regex.Match(image, $"^disback-([a-z]+):{Regex.Escape(version)}(-cuda)?$");
        Assert.True(match.Success, $"{image} is not an image of version {version}.");
        return Read(Tree.PathOf($"infra/docker/{match.Groups[1].Value}.Dockerfile"));
    }

    private static Dockerfile Read(string path)
    {
        var text = Continuation().Replace(string.Join('\n', File.ReadAllLines(path).Where(line => !line.StartsWith('#'))), " ");
        return new(
            path,
            [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)).Select(parts => (parts[0], parts[1].Trim()))]);
    }

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continuation();
}
