using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace DisBack.Architecture.Tests;

/// <summary>The projects use each other as the table of the layers says, and src/README.md shows that table.</summary>
public sealed class LayerTests
{
    public static TheoryData<string> Projects => [.. Repository.Projects.Select(project => project.Name)];

    [Fact]
    public void The_table_has_one_line_for_every_project() =>
        Assert.Equal(Repository.Projects.Select(project => project.Name).Order(StringComparer.Ordinal), Layers.Table.Keys.Order(StringComparer.Ordinal));

    /// <summary>Project references are transitive, so a project can use more than its file names: what the compiler has bound is read as well.</summary>
    [Theory, MemberData(nameof(Projects))]
    public void A_project_uses_what_its_line_names_and_nothing_else(string name)
    {
        var project = Repository.Projects.Single(project => project.Name == name);
        var real = Layers.Line(name, project.References.Union(BoundProjects(project)));
        var stated = Layers.Line(name, Layers.Table.GetValueOrDefault(name, new HashSet<string>()));
        Assert.True(
            real == stated,
            $"{nameof(Layers)}.{nameof(Layers.Text)} and src/README.md say\n  {stated}\nbut the project file and the assembly say\n  {real}");
    }

    [Fact]
    public void The_readme_shows_the_table()
    {
        var readme = Repository.PathOf("src/README.md");
        var block = File.Exists(readme) ? Layers.BlockIn(File.ReadAllText(readme)) : null;
        var advice = $"src/README.md must have this block:\n{Layers.Fence}\n{Layers.Text}\n```";
        Assert.True(block is not null, advice);
        var shown = Layers.Parse(block).Select(row => Layers.Line(row.Key, row.Value)).Order(StringComparer.Ordinal);
        var table = Layers.Table.Select(row => Layers.Line(row.Key, row.Value)).Order(StringComparer.Ordinal);
        Assert.True(table.SequenceEqual(shown), $"It differs from the table. {advice}");
    }

    private static IEnumerable<string> BoundProjects(Project project)
    {
        using var file = new PEReader(File.OpenRead(project.AssemblyFile));
        var metadata = file.GetMetadataReader();
        var bound = metadata.AssemblyReferences.Select(reference => metadata.GetString(metadata.GetAssemblyReference(reference).Name)).ToHashSet();
        return [.. Repository.Projects.Where(other => bound.Contains(other.AssemblyName)).Select(other => other.Name)];
    }
}
