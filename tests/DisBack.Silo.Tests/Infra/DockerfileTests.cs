using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DisBack.Silo.Tests.Infra;

/// <summary>
/// What can be said of the images without an engine that builds them: they are made of what is in the tree, from pinned bases, for a user without rights.
/// </summary>
public sealed class DockerfileTests
{
    private static readonly string[] s_verbs = ["FROM", "ARG", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "ENTRYPOINT"];

    public static TheoryData<string> Files => [.. Dockerfile.All().Select(file => Path.GetFileName(file.Path))];

    [Theory, MemberData(nameof(Files))]
    public void It_copies_what_is_there_and_starts_what_it_publishes(string name)
    {
        var file = Of(name);
        Assert.All(file.Instructions, one => Assert.Contains(one.Verb, s_verbs));
        var ignored = Tree.Read(".dockerignore").Split('\n');
        foreach (var sources in file.Instructions.Where(one => one.Verb == "COPY" && !one.Text.StartsWith("--from", StringComparison.Ordinal))
            .Select(one => one.Text.Split(' ')[..^1]))
        {
            Assert.All(sources, source =>
            {
                Assert.NotEmpty(Directory.GetFileSystemEntries(Tree.Root, source));
                // What is not excepted from the ignored is not sent to the builder at all.
                Assert.Contains($"!{source}", ignored);
            });
        }

        var publish = file.Instructions.Single(one => one.Verb == "RUN" && one.Text.StartsWith("dotnet publish", StringComparison.Ordinal)).Text;
        var folder = publish.Split(' ')[2];
        var project = Directory.GetFiles(Tree.PathOf(folder), "*.csproj").Single();
        Assert.Equal("Exe", XDocument.Load(project).Descendants("OutputType").Single().Value);
        Assert.Equal(
            ["dotnet", $"{Path.GetFileNameWithoutExtension(project)}.dll"],
            JsonSerializer.Deserialize<string[]>(file.Last.Single(one => one.Verb == "ENTRYPOINT").Text)!);
        var output = publish.Split(' ')[publish.Split(' ').IndexOf("-o") + 1];
        Assert.Contains(file.Last, one => one == ("COPY", $"--from=build {output} ."));
        Assert.Contains(file.Last, one => one == ("WORKDIR", "/app"));
    }

    [Theory, MemberData(nameof(Files))]
    public void Its_bases_are_pinned_and_those_of_the_others(string name)
    {
        var bases = Of(name).Instructions.Where(one => one.Verb == "FROM").Select(one => one.Text).ToList();
        Assert.Equal(2, bases.Count);
        Assert.All(bases, image => Assert.Matches(@"^mcr\.microsoft\.com/dotnet/(sdk|aspnet):10\.\d+\.\d+-noble@sha256:[0-9a-f]{64}( AS build)?$", image));
        Assert.All(Dockerfile.All(), other => Assert.Equal(bases, other.Instructions.Where(one => one.Verb == "FROM").Select(one => one.Text)));
    }

    [Theory, MemberData(nameof(Files))]
    public void It_runs_without_rights(string name)
    {
        var last = Of(name).Last;
        // The number of the user of the .NET images, which the manifests repeat.
        Assert.Equal("$APP_UID", last.Single(one => one.Verb == "USER").Text);
        var after = last.SkipWhile(one => one.Verb != "USER").Select(one => one.Verb);
        Assert.DoesNotContain("RUN", after);
        Assert.DoesNotContain("COPY", after);
    }

    [Fact]
    public void The_silo_is_built_for_every_backend_that_there_is_a_package_for()
    {
        var file = Of("silo.Dockerfile");
        Assert.Contains(file.Instructions, one => one == ("ARG", "TORCH_BACKEND=cpu"));
        Assert.Contains(
            "-p:TorchBackend=$TORCH_BACKEND",
            file.Instructions.Single(one => one.Text.StartsWith("dotnet publish", StringComparison.Ordinal)).Text,
            StringComparison.Ordinal);
        var backends = Regex.Matches(Tree.Read("src/DisBack.Diffusion/LibTorch.targets"), @"PackageReference[^>]*TorchBackend\)' == '([a-z]+)'")
            .Select(match => match.Groups[1].Value);
        Assert.Equal(["cpu", "cuda"], backends.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_silo_exposes_the_ports_it_listens_on()
    {
        var ends = new EndpointSettings();
        Assert.Equal([ends.Silo, ends.Gateway, ends.Http], Of("silo.Dockerfile").Ports);
    }

    private static Dockerfile Of(string name) => Dockerfile.All().Single(file => Path.GetFileName(file.Path) == name);
}
