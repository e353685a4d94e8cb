using System.Diagnostics;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace DisBack.Mutations;

/// <summary>A project of the product as its own build compiles it, and as it would with other text in one file.</summary>
internal sealed class Product
{
    private readonly CSharpCompilation _compilation;
    private readonly List<ResourceDescription> _resources;

    private Product(CSharpCompilation compilation, List<ResourceDescription> resources)
    {
        _compilation = compilation;
        _resources = resources;
    }

    public IEnumerable<SyntaxTree> Files => _compilation.SyntaxTrees;

    /// <summary>Builds a project once, and asks for the arguments of the compiler and what source generators wrote.</summary>
    public static Product Read(string folder)
    {
        var generated = Path.Combine(folder, "obj", "mutations");
        Directory.CreateDirectory(generated);
        Directory.Delete(generated, recursive: true);
        Directory.CreateDirectory(generated);
        using var build = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                "build", folder, "-c", "Release", "-nologo", "-t:Compile", "-getItem:CscCommandLineArgs", "-p:BuildProjectReferences=false",
                "-p:ProvideCommandLineArgs=true", "-p:NonExistentFile=none", "-p:EmitCompilerGeneratedFiles=true",
                $"-p:CompilerGeneratedFilesOutputPath={generated}",
            ])
            { RedirectStandardOutput = true })!;
        var answer = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode != 0)
        {
            throw new InvalidOperationException($"The project in '{folder}' does not build: {answer.Split('{')[0]}");
        }
        var items = JsonDocument.Parse(answer).RootElement.GetProperty("Items").GetProperty("CscCommandLineArgs").EnumerateArray();
        var arguments = CSharpCommandLineParser.Default.Parse(items.Select(item => item.GetProperty("Identity").GetString()!), folder, sdkDirectory: null);
        var files = arguments.SourceFiles.Select(file => file.Path).Concat(Directory.EnumerateFiles(generated, "*.cs", SearchOption.AllDirectories));
        return new(
            CSharpCompilation.Create(
                arguments.CompilationName,
                files.Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), arguments.ParseOptions, file)),
                arguments.MetadataReferences.Select(reference => MetadataReference.CreateFromFile(reference.Reference, reference.Properties)),
                // An edit may warn, of code that is never reached for example.
                arguments.CompilationOptions.WithGeneralDiagnosticOption(ReportDiagnostic.Suppress).WithSpecificDiagnosticOptions(null)),
            [.. arguments.ManifestResources]);
    }

    /// <summary>The bytes of the assembly; null if the edit does not compile.</summary>
    public byte[]? Compile(Edit? edit)
    {
        using var assembly = new MemoryStream();
        var compilation = edit is null ? _compilation : _compilation.ReplaceSyntaxTree(edit.Tree, edit.Edited);
        return compilation.Emit(assembly, manifestResources: _resources).Success ? assembly.ToArray() : null;
    }
}
