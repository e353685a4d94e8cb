using System.Xml.Linq;

namespace DisBack.Architecture.Tests;

/// <summary>A project of the product: what its project file says, and where its output lies.</summary>
/// <param name="Name">Its name without "DisBack.".</param>
/// <param name="Folder">The folder of the project file.</param>
/// <param name="AssemblyName">The name of its assembly.</param>
/// <param name="RootNamespace">What all of its namespaces begin with.</param>
/// <param name="References">The names of the projects that its project file refers to.</param>
internal sealed record Project(string Name, string Folder, string AssemblyName, string RootNamespace, IReadOnlySet<string> References)
{
    private const string Prefix = "DisBack.";

    public string Output => Path.Combine(Folder, "bin", Repository.Configuration, "net10.0");

    public string AssemblyFile => Path.Combine(Output, $"{AssemblyName}.dll");

    public override string ToString() => Name;

    public static Project Read(string file)
    {
        var document = XDocument.Load(file);
        var fileName = Path.GetFileNameWithoutExtension(file);
        return new(
            ShortName(fileName),
            Path.GetDirectoryName(file)!,
            document.Descendants("AssemblyName").FirstOrDefault()?.Value ?? fileName,
            document.Descendants("RootNamespace").FirstOrDefault()?.Value ?? fileName,
            document.Descendants("ProjectReference").Select(reference => ShortName(Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)))
                .ToHashSet());
    }

    public static string ShortName(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
}
