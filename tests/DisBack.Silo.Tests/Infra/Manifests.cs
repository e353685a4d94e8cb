using k8s;
using k8s.Models;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace DisBack.Silo.Tests.Infra;

/// <summary>
/// What <c>kubectl apply -k FOLDER</c> would send, read strictly: a key that Kubernetes does not know fails here and not silently there.
/// </summary>
internal sealed class Manifests
{
    private static readonly IDeserializer s_kustomizations = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance)
        .WithDuplicateKeyChecking()
        .Build();

    private readonly List<YamlMappingNode> _documents = [];
    private List<object> _objects = [];
    private IReadOnlyList<Workload>? _workloads;

    private Manifests()
    {
    }

    public string? Namespace { get; private set; }

    public IEnumerable<V1StatefulSet> StatefulSets => Of<V1StatefulSet>();

    /// <summary>Everything that makes pods.</summary>
    public IReadOnlyList<Workload> Workloads => _workloads ??=
    [
        .. StatefulSets.Select(set => new Workload(
            set.Metadata.Name,
            set.Spec.Replicas ?? 1,
            set.Spec.Selector,
            set.Spec.Template,
            set.Spec.VolumeClaimTemplates?.Select(claim => claim.Metadata.Name).ToList() ?? [])),
        .. Of<V1Deployment>().Select(set => new Workload(set.Metadata.Name, set.Spec.Replicas ?? 1, set.Spec.Selector, set.Spec.Template, [])),
    ];

    /// <summary>The workloads of silos.</summary>
    public IEnumerable<Workload> Silos => Workloads.Where(workload => workload.Name is "disback-control" or "disback-worker");

    public static Manifests Load(string folder)
    {
        var manifests = new Manifests();
        manifests.Add(folder);
        manifests._objects = [.. manifests._documents.SelectMany(document => KubernetesYaml.LoadAllFromString(TextOf(document), strict: true))];
        return manifests;
    }

    public IEnumerable<T> Of<T>() => _objects.OfType<T>();

    public Workload Workload(string name) => Workloads.Single(workload => workload.Name == name);

    /// <summary>The variables of a workload's one container; what only the cluster knows is made up.</summary>
    public Dictionary<string, string> EnvironmentOf(Workload workload)
    {
        var container = workload.Container;
        var variables = new Dictionary<string, string>();
        if (container.Image.StartsWith("disback-", StringComparison.Ordinal))
        {
            foreach (var (name, value) in Dockerfile.OfImage(container.Image).Environment)
            {
                variables[name] = value;
            }
        }
        foreach (var map in container.EnvFrom ?? [])
        {
            foreach (var (name, value) in Of<V1ConfigMap>().Single(one => one.Metadata.Name == map.ConfigMapRef.Name).Data)
            {
                variables[name] = value;
            }
        }
        foreach (var variable in container.Env ?? [])
        {
            var value = variable.Value
                ?? (variable.ValueFrom.SecretKeyRef is not null ? "00ff" : null)
                ?? variable.ValueFrom.FieldRef.FieldPath switch
                {
                    "metadata.name" => $"{workload.Name}-0",
                    "status.podIP" => "10.1.2.3",
                    var path => throw new InvalidOperationException($"{workload.Name} asks for the field {path}."),
                };
            variables[variable.Name] = variables.Aggregate(value, (text, known) => text.Replace($"$({known.Key})", known.Value, StringComparison.Ordinal));
        }
        return variables;
    }

    private void Add(string folder)
    {
        var kustomization = s_kustomizations.Deserialize<Kustomization>(Tree.Read($"{folder}/kustomization.yaml"));
        Assert.Equal(("kustomize.config.k8s.io/v1beta1", "Kustomization"), (kustomization.ApiVersion, kustomization.Kind));
        Namespace ??= kustomization.Namespace;
        // Every file of the folder is part of it.
        Assert.Equal(
            Directory.GetFiles(Tree.PathOf(folder), "*.yaml").Select(Path.GetFileName).Order(StringComparer.Ordinal),
            kustomization.Resources.Where(one => one.EndsWith(".yaml", StringComparison.Ordinal)).Append("kustomization.yaml").Order(StringComparer.Ordinal));
        foreach (var resource in kustomization.Resources)
        {
            var path = Path.GetRelativePath(Tree.Root, Path.GetFullPath(Path.Combine(Tree.PathOf(folder), resource)));
            if (Directory.Exists(Tree.PathOf(path)))
            {
                Add(path);
            }
            else
            {
                _documents.AddRange(Parse(Tree.Read(path)));
            }
        }
        foreach (var map in kustomization.ConfigMapGenerator)
        {
            var files = map.Files.ToDictionary(file => file, file => Tree.Read($"{folder}/{file}"));
            var literals = map.Literals.Select(literal => literal.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
            if (map.Behavior == "merge")
            {
                StrategicMerge.Apply(_documents, ConfigMap(map.Name, literals));
            }
            else
            {
                Assert.Equal("", map.Behavior);
                _documents.Add(ConfigMap(map.Name, files.Concat(literals)));
            }
        }
        foreach (var patch in kustomization.Patches)
        {
            StrategicMerge.Apply(_documents, Assert.Single(Parse(patch.Patch)));
        }
    }

    private static YamlMappingNode ConfigMap(string name, IEnumerable<KeyValuePair<string, string>> data) => new()
    {
        { "apiVersion", "v1" },
        { "kind", "ConfigMap" },
        { "metadata", new YamlMappingNode { { "name", name } } },
        {
            "data",
            new YamlMappingNode(data.Select(pair => KeyValuePair.Create<YamlNode, YamlNode>(
                new YamlScalarNode(pair.Key),
                new YamlScalarNode(pair.Value) { Style = ScalarStyle.DoubleQuoted })))
        },
    };

    private static List<YamlMappingNode> Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    private static string TextOf(YamlMappingNode document)
    {
        using var text = new StringWriter();
        new YamlStream(new YamlDocument(document)).Save(text, assignAnchors: false);
        return text.ToString();
    }

    private sealed class Kustomization
    {
        public string ApiVersion { get; set; } = "";

        public string Kind { get; set; } = "";

        public string? Namespace { get; set; }

        public List<string> Resources { get; set; } = [];

        public List<Generator> ConfigMapGenerator { get; set; } = [];

        public List<Change> Patches { get; set; } = [];
    }

    private sealed class Generator
    {
        public string Name { get; set; } = "";

        public string Behavior { get; set; } = "";

        public List<string> Files { get; set; } = [];

        public List<string> Literals { get; set; } = [];
    }

    private sealed class Change
    {
        public string Patch { get; set; } = "";
    }
}

/// <summary>Something that makes pods.</summary>
internal sealed record Workload(string Name, int Replicas, V1LabelSelector Selector, V1PodTemplateSpec Template, IReadOnlyList<string> Claims)
{
    public IDictionary<string, string> Labels => Template.Metadata.Labels;

    public V1PodSpec Pod => Template.Spec;

    public V1Container Container => Pod.Containers.Single();

    public override string ToString() => Name;

    public bool Matches(V1LabelSelector selector) => Matches(selector.MatchLabels ?? new Dictionary<string, string>());

    public bool Matches(IDictionary<string, string> labels) => labels.All(label => Labels.TryGetValue(label.Key, out var value) && value == label.Value);
}
