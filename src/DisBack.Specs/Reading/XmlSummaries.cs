using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DisBack.Specs.Reading;

/// <summary>The summaries of types and properties as plain text, read from the XML files that the compiler writes beside the assemblies.</summary>
internal sealed partial class XmlSummaries
{
    private readonly Dictionary<Assembly, IReadOnlyDictionary<string, XElement>> _assemblies = [];

    /// <summary>The summary of a type or a property; null if it has none or belongs to the runtime.</summary>
    /// <exception cref="DisBackException">The file that would have it is missing.</exception>
    public string? Of(MemberInfo member)
    {
        var type = member as Type ?? member.DeclaringType!;
        if (type.Namespace is not { } space || space == "System" || space.StartsWith("System.", StringComparison.Ordinal))
        {
            return null;
        }
        if (!_assemblies.TryGetValue(type.Assembly, out var summaries))
        {
            _assemblies[type.Assembly] = summaries = Read(Path.ChangeExtension(type.Assembly.Location, ".xml"));
        }
        var name = type.FullName!.Replace('+', '.');
        return summaries.TryGetValue(member is Type ? $"T:{name}" : $"P:{name}.{member.Name}", out var summary) ? Text(summary) : null;
    }

    /// <summary>The summaries of one file by the compiler's names of the members.</summary>
    /// <exception cref="DisBackException">The file is missing.</exception>
    public static IReadOnlyDictionary<string, XElement> Read(string file)
    {
        if (!File.Exists(file))
        {
            throw new DisBackException($"The descriptions of the settings are missing: copy '{Path.GetFileName(file)}' from the build to "
                + $"'{Path.GetDirectoryName(file)}'.");
        }
        return XDocument.Load(file, LoadOptions.PreserveWhitespace)
            .Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!);
    }

    /// <summary>The text of a summary: code in backticks, references by the names that YAML has for them.</summary>
    public static string Text(XElement summary) => Spaces().Replace(string.Concat(summary.Nodes().Select(Text)), " ").Trim();

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement see when (see.Attribute("langword") ?? see.Attribute("name")) is { } word => $"`{word.Value}`",
        XElement see when see.Attribute("cref") is { } reference => $"`{SpecNameOf(reference.Value)}`",
        XElement other => string.Concat(other.Nodes().Select(Text)),
        _ => "",
    };

    /// <summary>A property is a key, all else a choice.</summary>
    /// <param name="reference">For example <c>P:DisBack.Specs.Training.OptimizerSettings.LearningRate</c>.</param>
    private static string SpecNameOf(string reference)
    {
        var naming = reference.StartsWith("P:", StringComparison.Ordinal) ? JsonNamingPolicy.SnakeCaseLower : JsonNamingPolicy.KebabCaseLower;
        return naming.ConvertName(reference.Split('.')[^1]);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
