using System.Security.Cryptography;
using DisBack.TestKit;
using DisBack.TestKit.Processes;

namespace DisBack.Dashboard.Tests;

/// <summary>The page is committed as it was built, so that nobody needs Node.js to run it; here is seen that it is what its sources say.</summary>
public sealed class BuiltPageTests : IDisposable
{
    private const string Built = "dist";
    private const long MostCompressedBytes = 1_500_000;

    private static readonly string s_sources = Path.GetDirectoryName(Repository.Find("client/DisBack.Dashboard/package.json"))!;
    private static readonly string[] s_made = [Built, "node_modules"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_committed_is_what_the_sources_build_without_a_warning_and_their_tests_pass()
    {
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "npm"))),
            "There is no npm on this machine.");
        foreach (var file in Files(s_sources).Where(file => !s_made.Contains(file.Split('/')[0])))
        {
            Copy(Path.Combine(s_sources, file), Path.Combine(_folder.Path, "DisBack.Dashboard", file));
        }
        // Templates of new runs are the samples themselves.
        var samples = Path.GetDirectoryName(Repository.Find("client/samples/digits.yaml"))!;
        foreach (var file in Files(samples))
        {
            Copy(Path.Combine(samples, file), Path.Combine(_folder.Path, "samples", file));
        }

        var copy = Path.Combine(_folder.Path, "DisBack.Dashboard");
        await ChildProcess.RunAsync("npm", "ci", "--prefix", copy, "--no-audit", "--no-fund", "--loglevel=error");
        foreach (var script in new[] { "check", "test", "build" })
        {
            await ChildProcess.RunAsync("npm", "run", script, "--prefix", copy);
        }

        // Another version of the builder names files otherwise, which shows here too: it is pinned with the rest.
        Assert.Equal(Digests(Path.Combine(copy, Built)), Digests(Path.Combine(s_sources, Built)));
    }

    [Fact]
    public void All_of_it_together_is_within_the_weight_of_a_first_load()
    {
        var compressed = Files(Path.Combine(s_sources, Built)).Sum(file =>
        {
            using var bytes = new MemoryStream();
            using (var gzip = new System.IO.Compression.GZipStream(bytes, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
            {
                gzip.Write(File.ReadAllBytes(Path.Combine(s_sources, Built, file)));
            }
            return bytes.Length;
        });
        Assert.InRange(compressed, 1, MostCompressedBytes);
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal);

    private static List<string> Digests(string folder) =>
        [.. Files(folder).Select(file => $"{file} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, file))))}")];

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to);
    }
}
