using System.Text.Json;

namespace DisBack.Architecture.Tests;

/// <summary>What a program loads that submits, queries and watches, and what a program loads that only reads specs.</summary>
public sealed class ClosureTests
{
    private static readonly string[] s_numerics = ["TorchSharp", "libtorch", "SkiaSharp"];
    private static readonly string[] s_orleansServer = ["Microsoft.Orleans.Server", "Microsoft.Orleans.Runtime"];
    private static readonly string[] s_forBoth
        = ["Microsoft.Orleans.Clustering.Redis", "Microsoft.Orleans.Clustering.AzureStorage", "Microsoft.Orleans.Dashboard"];

    [Theory, InlineData("Client"), InlineData("Gateway")]
    public void A_client_brings_neither_numerics_nor_an_Orleans_server(string project) => AssertFree(project, [.. s_numerics, .. s_orleansServer]);

    [Fact]
    public void Specs_bring_neither_numerics_nor_Orleans() => AssertFree("Specs", [.. s_numerics, "Microsoft.Orleans"]);

    /// <param name="name">The project.</param>
    /// <param name="forbidden">What the name of no package or project of the closure may begin with.</param>
    private static void AssertFree(string name, string[] forbidden)
    {
        var project = Assert.Single(Repository.Projects, project => project.Name == name);
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(project.Output, $"{project.AssemblyName}.deps.json")));
        var closure = document.RootElement.GetProperty("targets").EnumerateObject().Single();
        var libraries = closure.Value.EnumerateObject().ToDictionary(library => NameOf(library.Name), library => DependenciesOf(library.Value));
        // Packages for silos and for clients: what they bring of the server's half is not the choice of who uses the client's.
        foreach (var package in s_forBoth)
        {
            libraries.Remove(package);
        }
        var found = PathsFrom(project.AssemblyName, libraries)
            .Where(path => forbidden.Any(start => path[^1].StartsWith(start, StringComparison.OrdinalIgnoreCase)))
            .Select(path => string.Join(" -> ", path))
            .Order(StringComparer.Ordinal)
            .ToList();
        Assert.True(found.Count == 0, $"DisBack.{name} brings what it must not:\n  {string.Join("\n  ", found)}");
    }

    /// <summary>The shortest way by which the project comes to each library of its closure.</summary>
    private static List<string[]> PathsFrom(string project, Dictionary<string, string[]> libraries)
    {
        var paths = new Dictionary<string, string[]> { [project] = [project] };
        var queue = new Queue<string>([project]);
        while (queue.TryDequeue(out var current))
        {
            foreach (var next in libraries.GetValueOrDefault(current, []))
            {
                if (paths.TryAdd(next, [.. paths[current], next]))
                {
                    queue.Enqueue(next);
                }
            }
        }
        return [.. paths.Values];
    }

    private static string NameOf(string library) => library.Split('/')[0];

    private static string[] DependenciesOf(JsonElement library) =>
        library.TryGetProperty("dependencies", out var dependencies) ? [.. dependencies.EnumerateObject().Select(dependency => dependency.Name)] : [];
}
