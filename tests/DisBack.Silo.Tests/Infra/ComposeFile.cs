using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace DisBack.Silo.Tests.Infra;

/// <summary>The part of the Compose specification that the file uses; any other key is an error.</summary>
internal sealed partial class ComposeFile
{
    public string Name { get; set; } = "";

    [YamlMember(Alias = "x-silo", ApplyNamingConventions = false)]
    public Service? Silo { get; set; }

    [YamlMember(Alias = "x-cluster", ApplyNamingConventions = false)]
    public Dictionary<string, string>? Cluster { get; set; }

    public Dictionary<string, Service> Services { get; set; } = [];

    public Dictionary<string, Network> Networks { get; set; } = [];

    public Dictionary<string, Volume> Volumes { get; set; } = [];

    /// <param name="variables">What the shell or <c>.env</c> sets.</param>
    public static ComposeFile Read(IReadOnlyDictionary<string, string> variables)
    {
        var text = Variable().Replace(Tree.Read("infra/compose/compose.yaml"), match =>
            match.Value == "$$" ? "$"
            : variables.TryGetValue(match.Groups["name"].Value, out var value) ? value
            : match.Groups["default"].Success ? match.Groups["default"].Value
            : throw new InvalidOperationException($"The variable {match.Groups["name"].Value} is not set: {match.Groups["error"].Value}"));
        return new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build()
            .Deserialize<ComposeFile>(new MergingParser(new Parser(new StringReader(text))));
    }

    [GeneratedRegex(@"\$\$|\$\{(?<name>[A-Z_]+)(:-(?<default>[^}]*)|:\?(?<error>[^}]*))?\}")]
    private static partial Regex Variable();

    internal sealed class Service
    {
        public string Image { get; set; } = "";

        public Build? Build { get; set; }

        public List<string> Command { get; set; } = [];

        public string? Hostname { get; set; }

        public Dictionary<string, string> Environment { get; set; } = [];

        public string Restart { get; set; } = "";

        public string StopGracePeriod { get; set; } = "10s";

        public bool ReadOnly { get; set; }

        public List<string> Tmpfs { get; set; } = [];

        public List<string> CapDrop { get; set; } = [];

        public List<string> SecurityOpt { get; set; } = [];

        public List<string> Networks { get; set; } = [];

        public Dictionary<string, Dependency> DependsOn { get; set; } = [];

        public List<string> Ports { get; set; } = [];

        public List<string> Volumes { get; set; } = [];

        public Healthcheck? Healthcheck { get; set; }

        public TimeSpan StopGrace => Seconds(StopGracePeriod);
    }

    internal sealed class Build
    {
        public string Context { get; set; } = "";

        public string Dockerfile { get; set; } = "";
    }

    internal sealed class Dependency
    {
        public string Condition { get; set; } = "";
    }

    internal sealed class Healthcheck
    {
        public List<string> Test { get; set; } = [];

        public string Interval { get; set; } = "";

        public string Timeout { get; set; } = "";

        public int Retries { get; set; }

        public string StartPeriod { get; set; } = "0s";
    }

    internal sealed class Network
    {
        public bool Internal { get; set; }
    }

    internal sealed class Volume;

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(int.Parse(text.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture));
}
