using System.Runtime.Loader;
using PublicApiGenerator;

namespace DisBack.Architecture.Tests;

/// <summary>What the libraries show to programs of others is in golden files, so that a change of it is seen.</summary>
public sealed class PublicApiTests
{
    private const string WriteVariable = "DISBACK_WRITE_GOLDEN";

    private static readonly Project s_program = Repository.Projects.Single(project => project.Name == "Cli");

    private static readonly ApiGeneratorOptions s_options = new() { IncludeAssemblyAttributes = false };

    [Theory]
    [InlineData("Specs"), InlineData("Diffusion"), InlineData("Distillation"), InlineData("Storage"), InlineData("Client"), InlineData("Search")]
    [InlineData("ReadModel"), InlineData("Sdxl")]
    public void The_public_API_is_that_of_the_golden_file(string name)
    {
        var project = Repository.Projects.Single(project => project.Name == name);
        var golden = Repository.PathOf($"tests/DisBack.Architecture.Tests/PublicApi/{project.AssemblyName}.txt");
        var api = ApiOf(project);
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(golden)!);
            File.WriteAllText(golden, api);
        }
        var known = File.Exists(golden) ? File.ReadAllText(golden) : "";
        if (known != api)
        {
            var advice = $"if that is meant, run the tests of DisBack.Architecture.Tests once with {WriteVariable}=1 and commit the file";
            Assert.Fail($"The public API of {project.AssemblyName} differs from '{golden}', first in {FirstDifference(known, api)}; {advice}.");
        }
    }

    /// <summary>From the output of the command line, which uses every library: in it lies all that they use, which the generator reads as well.</summary>
    private static string ApiOf(Project project)
    {
        var context = new AssemblyLoadContext(project.AssemblyName, isCollectible: true);
        try
        {
            var assembly = context.LoadFromAssemblyPath(Path.Combine(s_program.Output, $"{project.AssemblyName}.dll"));
            return assembly.GeneratePublicApi(s_options).ReplaceLineEndings("\n");
        }
        finally
        {
            context.Unload();
        }
    }

    private static string FirstDifference(string known, string api)
    {
        var (before, after) = (known.Split('\n'), api.Split('\n'));
        var line = Enumerable.Range(0, Math.Max(before.Length, after.Length)).First(i => before.ElementAtOrDefault(i) != after.ElementAtOrDefault(i));
        return $"line {line + 1} was '{before.ElementAtOrDefault(line)?.Trim()}' and is '{after.ElementAtOrDefault(line)?.Trim()}'";
    }
}
