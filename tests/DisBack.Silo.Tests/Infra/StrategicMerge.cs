using YamlDotNet.RepresentationModel;

namespace DisBack.Silo.Tests.Infra;

/// <summary>
/// The part of Kubernetes' strategic merge that the overlays use: mappings are merged, lists of named things by their names, other lists are replaced, and
/// <c>$patch: delete</c> takes away.
/// </summary>
internal static class StrategicMerge
{
    private const string Directive = "$patch";

    /// <summary>Applies a patch to the one document that it names.</summary>
    public static void Apply(List<YamlMappingNode> documents, YamlMappingNode patch)
    {
        var document = Assert.Single(documents, document => NameOf(document) == NameOf(patch));
        if (IsDeletion(patch))
        {
            documents.Remove(document);
        }
        else
        {
            Merge(document, patch);
        }
    }

    private static void Merge(YamlMappingNode target, YamlMappingNode patch)
    {
        foreach (var (key, value) in patch.Children)
        {
            switch (target.Children.TryGetValue(key, out var found) ? found : null, value)
            {
                case (YamlMappingNode there, YamlMappingNode changes):
                    Merge(there, changes);
                    break;
                case (YamlSequenceNode there, YamlSequenceNode changes) when changes.All(IsNamed):
                    foreach (var change in changes.Cast<YamlMappingNode>())
                    {
                        MergeNamed(there, change);
                    }
                    break;
                default:
                    target.Children[key] = value;
                    break;
            }
        }
    }

    private static void MergeNamed(YamlSequenceNode list, YamlMappingNode change)
    {
        // A patch of what is not there is a mistake in the patch.
        var one = Assert.Single(list.Children.Cast<YamlMappingNode>(), one => one["name"].Equals(change["name"]));
        if (IsDeletion(change))
        {
            list.Children.Remove(one);
        }
        else
        {
            Merge(one, change);
        }
    }

    private static bool IsDeletion(YamlMappingNode node) =>
        node.Children.TryGetValue(Directive, out var directive) && Assert.IsType<YamlScalarNode>(directive).Value == "delete";

    private static bool IsNamed(YamlNode node) => node is YamlMappingNode mapping && mapping.Children.ContainsKey("name");

    private static string NameOf(YamlMappingNode document) => $"{document["apiVersion"]} {document["kind"]} {document["metadata"]["name"]}";
}
