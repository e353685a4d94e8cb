using System.Diagnostics;

namespace DisBack.Mutations;

/// <summary>A copy of the output of a test project, in which one assembly is another one.</summary>
internal sealed class TestCopy : IDisposable
{
    private readonly string _folder;
    private readonly string _tests;
    private readonly string _assembly;

    /// <param name="project">The folder of the test project.</param>
    /// <param name="assembly">The file name of the assembly that is replaced.</param>
    /// <param name="number">Of this copy.</param>
    public TestCopy(string project, string assembly, int number)
    {
        _folder = Path.Combine(project, "bin", $"mutations{number}");
        // Tests find what else is built, and the root of the tree, from where they lie.
        var output = Path.Combine(_folder, "Release", "net10.0");
        _tests = Path.Combine(output, $"{Path.GetFileName(project)}.dll");
        _assembly = Path.Combine(output, assembly);
        Dispose();
        Directory.CreateDirectory(Path.GetDirectoryName(output)!);
        // Links, for libtorch has 480 MB.
        using var copy = Process.Start("cp", ["-rl", Path.Combine(project, "bin", "Release", "net10.0"), output]);
        copy.WaitForExit();
    }

    /// <summary>What the last run printed.</summary>
    public string Output { get; private set; } = "";

    /// <summary>Runs the tests of an area until the first one fails; the limit is for the slow ones and for the others each.</summary>
    public async Task<Verdict> RunAsync(byte[] assembly, Area area, TimeSpan limit)
    {
        // Not written to: the original is the same file.
        File.Delete(_assembly);
        await File.WriteAllBytesAsync(_assembly, assembly);
        var quick = await RunAsync([.. Each("-class", area.Classes), .. Each("-class-", area.Slow)], limit);
        return quick != Verdict.Passed || area.Slow.Length == 0 ? quick : await RunAsync(Each("-class", area.Slow), limit);

        static IEnumerable<string> Each(string option, string[] names) => names.SelectMany(name => new[] { option, name });
    }

    private async Task<Verdict> RunAsync(IEnumerable<string> classes, TimeSpan limit)
    {
        string[] arguments = [_tests, "-noColor", "-noLogo", "-stopOnFail", "-trait-", "Length=Long", .. classes];
        using var tests = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (tests.StandardOutput.ReadToEndAsync(), tests.StandardError.ReadToEndAsync());
        using var bound = new CancellationTokenSource(limit);
        try
        {
            await tests.WaitForExitAsync(bound.Token);
            Output = await output + await errors;
            return tests.ExitCode == 0 ? Verdict.Passed : Verdict.Failed;
        }
        catch (OperationCanceledException)
        {
            tests.Kill(entireProcessTree: true);
            await tests.WaitForExitAsync(CancellationToken.None);
            return Verdict.OutOfTime;
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
