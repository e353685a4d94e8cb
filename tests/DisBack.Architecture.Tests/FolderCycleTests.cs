using ArchUnitNET.Domain;

namespace DisBack.Architecture.Tests;

/// <summary>The folders of a project form layers: none uses another that uses it, directly or by way of a third.</summary>
public sealed class FolderCycleTests
{
    private const string RootFolder = "(root)";

    public static TheoryData<string> Projects => [.. Repository.Projects.Select(project => project.Name)];

    [Theory, MemberData(nameof(Projects))]
    public void No_folders_use_each_other_in_a_circle(string name)
    {
        var project = Repository.Projects.Single(project => project.Name == name);
        var arrows = ArrowsOf(project);
        Assert.NotEmpty(Code.TypesOf(project));
        var circles = arrows.Keys.Select(arrow => CircleThrough(arrow, arrows.Keys)).OfType<string[]>()
            .DistinctBy(circle => string.Join(' ', circle.Order(StringComparer.Ordinal)))
            .ToList();
        Assert.True(circles.Count == 0, $"DisBack.{name}:\n{string.Join('\n', circles.Select(circle => Describe(circle, arrows)))}");
    }

    /// <summary>For each pair of folders of which the first uses the second: one use as an example, and how many there are.</summary>
    private static Dictionary<(string From, string To), (string Example, int Count)> ArrowsOf(Project project)
    {
        var types = Code.TypesOf(project).ToHashSet();
        return types
            .SelectMany(
                type => type.Dependencies.Select(dependency => dependency.Target).Where(types.Contains).Distinct().Select(used => (Type: type, Used: used)))
            .GroupBy(use => (From: FolderOf(use.Type, project), To: FolderOf(use.Used, project)))
            .Where(uses => uses.Key.From != uses.Key.To)
            .ToDictionary(uses => uses.Key, uses => (uses.Select(use => $"{ShortName(use.Type, project)} uses {ShortName(use.Used, project)}")
                .Order(StringComparer.Ordinal)
                .First(), uses.Count()));
    }

    private static string FolderOf(IType type, Project project) =>
        type.Namespace.FullName.Length > project.RootNamespace.Length
            ? type.Namespace.FullName[(project.RootNamespace.Length + 1)..].Split('.')[0]
            : RootFolder;

    private static string ShortName(IType type, Project project) => type.FullName[(project.RootNamespace.Length + 1)..];

    /// <summary>The shortest circle that begins with the arrow; null if there is none.</summary>
    private static string[]? CircleThrough((string From, string To) arrow, IEnumerable<(string From, string To)> arrows)
    {
        var paths = new Dictionary<string, string[]> { [arrow.To] = [arrow.From, arrow.To] };
        var queue = new Queue<string>([arrow.To]);
        while (queue.TryDequeue(out var current))
        {
            foreach (var next in arrows.Where(other => other.From == current).Select(other => other.To).Order(StringComparer.Ordinal))
            {
                if (next == arrow.From)
                {
                    return paths[current];
                }
                if (paths.TryAdd(next, [.. paths[current], next]))
                {
                    queue.Enqueue(next);
                }
            }
        }
        return null;
    }

    private static string Describe(string[] circle, Dictionary<(string From, string To), (string Example, int Count)> arrows)
    {
        var steps = circle.Zip(
            [.. circle[1..], circle[0]],
            (from, to) => $"    {from} -> {to}: {arrows[(from, to)].Example} ({arrows[(from, to)].Count} in all)");
        return $"  {string.Join(" -> ", [.. circle, circle[0]])}\n{string.Join('\n', steps)}";
    }
}
