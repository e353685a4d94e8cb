using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace DisBack.Architecture.Tests;

/// <summary>The types of the product and what they use, read from the assemblies without running them.</summary>
internal static class Code
{
    private static readonly ArchUnitNET.Domain.Architecture s_architecture = Load();

    /// <summary>All classes, interfaces, structs and enumerations that the product declares.</summary>
    public static IEnumerable<IType> Types => s_architecture.Types;

    /// <summary>The types that a project declares itself; what source generators add lies in namespaces of their own.</summary>
    public static IEnumerable<IType> TypesOf(Project project) =>
        Types.Where(type => type.Assembly.Name.Split(',')[0] == project.AssemblyName && IsWithin(type.Namespace.FullName, project.RootNamespace));

    public static bool IsWithin(string space, string root) => space == root || space.StartsWith($"{root}.", StringComparison.Ordinal);

    private static ArchUnitNET.Domain.Architecture Load()
    {
        var loader = new ArchLoader();
        foreach (var project in Repository.Projects)
        {
            loader.LoadFilteredDirectory(project.Output, $"{project.AssemblyName}.dll", SearchOption.TopDirectoryOnly);
        }
        return loader.Build();
    }
}
