using System.Text.Json.Serialization.Metadata;

namespace DisBack.Specs.Reading;

/// <summary>The files and stored contents that a spec names (<see cref="NamesFileAttribute"/>).</summary>
public static class SpecFiles
{
    /// <summary>Every value that names a file or stored content, with its key such as <c>data.path</c>; what is shipped is left out.</summary>
    /// <param name="spec">A spec, or a part of one.</param>
    /// <param name="key">The key of that part; empty for the whole spec.</param>
    public static IEnumerable<(string Key, string Value)> Of(object spec, string key = "")
    {
        foreach (var property in SpecWalker.Keys(SpecJson.Options.GetTypeInfo(spec.GetType())))
        {
            var name = SpecWalker.Join(key, property.Name);
            var value = property.Get!(spec);
            if (value is string text)
            {
                if (Marks(property) is [NamesFileAttribute mark, ..] && !mark.Known.Contains(text))
                {
                    yield return (name, text);
                }
            }
            else if (value is not null && SpecJson.Options.GetTypeInfo(value.GetType()).Kind == JsonTypeInfoKind.Object)
            {
                foreach (var inner in Of(value, name))
                {
                    yield return inner;
                }
            }
        }
    }

    /// <summary>The digests of the stored contents that a spec names, each with its key.</summary>
    /// <exception cref="SpecMistakeException">A value is no digest but a path, which belongs to the submitter's machine alone.</exception>
    public static IReadOnlyList<(string Key, string Digest)> StoredIn(object spec) => [.. Of(spec).Select(named => (named.Key, ContentRef.DigestIn(named.Value)
        ?? throw new SpecMistakeException(named.Key, $"'{named.Key}' is '{named.Value}', and where the run trains no path is opened; submit the spec with "
            + "'disback', which stores the files that it names, or name stored content as sha256:DIGEST")))];

    private static object[] Marks(JsonPropertyInfo property) => property.AttributeProvider?.GetCustomAttributes(typeof(NamesFileAttribute), true) ?? [];
}
