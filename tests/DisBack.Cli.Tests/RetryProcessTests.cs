using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Tests;

/// <summary>Runs that have failed go on by the real executable.</summary>
public sealed class RetryProcessTests(TaughtFolder folder) : IClassFixture<TaughtFolder>
{
    [Fact]
    public async Task Runs_whose_images_were_lost_fail_fail_again_and_are_complete_once_the_images_are_back()
    {
        var images = Path.Combine(folder.Path, "images.idx");
        await File.WriteAllBytesAsync(images, TaughtFolder.Images(seed: 3), TestContext.Current.CancellationToken);
        foreach (var name in new[] { "one", "two" })
        {
            // Steps for ten seconds at least: under the load of other tests 200 of them were over before the interrupt came.
            using var process = DisBackProcess.Start(
                folder.Path, "run", "spec.yaml", "--set", $"name={name}", "--set", "backtracking.steps=600",
                "--set", "evaluation.reference={source: idx, path: images.idx}");
            await process.SeesAsync("backtracking");
            process.Interrupt();
            var (ended, last, _) = await process.EndAsync();
            Assert.Equal(ExitCode.Interrupted, ended);
            Assert.Contains("is paused at step", last, StringComparison.Ordinal);
        }
        var reference = JsonNode.Parse(await OutputOf("show", "one", "--json"))!["spec"]!["evaluation"]!["reference"]!["path"]!.GetValue<string>();
        var digest = reference["sha256:".Length..];
        var stored = Path.Combine(folder.Path, "disback-data", "cas", "sha256", digest[..2], digest);
        File.Move(stored, images, overwrite: true);
        foreach (var name in new[] { "one", "two" })
        {
            Assert.Equal(ExitCode.Storage, (await DisBackProcess.RunAsync(folder.Path, "resume", name)).Code);
        }

        var (code, output, error) = await DisBackProcess.RunAsync(folder.Path, "retry", "--cause", "storage", "--yes");
        Assert.Equal(ExitCode.RunFailed, code);
        Assert.Equal(2, output.Split('\n').Count(line => line.Contains("has failed", StringComparison.Ordinal)));
        Assert.Equal(2, error.Split('\n').Count(line => line.Contains(digest, StringComparison.Ordinal)));

        File.Move(images, stored);
        (code, output, error) = await DisBackProcess.RunAsync(folder.Path, "retry", "--cause", "storage", "--where", "tags is null or step > 0", "--yes");
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Equal(2, output.Split('\n').Count(line => line.Contains("is retried at step", StringComparison.Ordinal)));
        Assert.Equal(2, output.Split('\n').Count(line => line.Contains("is complete, FID", StringComparison.Ordinal)));
        var files = Path.Combine(folder.Path, "disback-data", "runs");
        Assert.Equal(2, Directory.EnumerateFiles(files, "student.safetensors", SearchOption.AllDirectories).Count());
        Assert.Contains("nothing was retried", await OutputOf("retry", "--cause", "storage"), StringComparison.Ordinal);
    }

    private async Task<string> OutputOf(params string[] args)
    {
        var (code, output, error) = await DisBackProcess.RunAsync(folder.Path, args);
        Assert.True(code == ExitCode.Ok, output + error);
        return output;
    }
}
