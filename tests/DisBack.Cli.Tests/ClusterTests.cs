using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Tests;

/// <summary>Every verb against a cluster: what it prints and leaves behind is what it does with a data folder.</summary>
public sealed class ClusterTests(TaughtFolder folder) : IClassFixture<TaughtFolder>
{
    [Fact]
    public async Task Every_verb_works_through_a_gateway_that_is_killed_on_the_way()
    {
        await using var cluster = await GatewayProcess.StartAsync();
        var root = cluster.Root;
        var token = Path.Combine(root, "token");
        await File.WriteAllTextAsync(token, await cluster.TokenAsync("me", "operator"), TestContext.Current.CancellationToken);
        string[] there = ["--cluster", cluster.Address, "--token-file", token, "--data", root];

        // Local files, a teacher and images, travel by their digests.
        var weights = Path.Combine(folder.Path, "disback-data", "runs", "teachers", "tiny", "teacher.safetensors");
        var images = Path.Combine(folder.Path, "images.idx");
        await File.WriteAllBytesAsync(images, TaughtFolder.Images(seed: 1), TestContext.Current.CancellationToken);
        string[] own = ["--set", $"teacher={weights}", "--set", "evaluation.reference={source: idx, path: images.idx}"];
        Assert.Contains("is submitted", await OutputOf(["run", "spec.yaml", .. own, "--detach", .. there]));
        File.Delete(images);
        using (var watcher = DisBackProcess.Start(folder.Path, ["watch", "spec", .. there]))
        {
            await watcher.SeesAsync("Training.");
            Assert.NotEmpty(await OutputOf(["why", "spec", .. there]));
            await cluster.ReplaceGatewayAsync();
            var (code, output, error) = await watcher.EndAsync();
            Assert.True(code == ExitCode.Ok, output + error);
            Assert.Single(output.Split('\n'), line => line.Contains("Target 1 -> 0", StringComparison.Ordinal));
            foreach (var file in new[] { "student.safetensors", "samples.png", "curves.png", "report.html" })
            {
                Assert.Contains(output.Split('\n'), line => line.EndsWith(file, StringComparison.Ordinal) && File.Exists(line.Trim()));
            }
        }

        Assert.Contains("completed", await OutputOf(["list", .. there]));
        var typed = $"disback {string.Join(' ', there)} show sp";
        Assert.StartsWith("spec-", await OutputOf([$"[suggest:{typed.Length}]", typed]));
        Assert.Contains("60 of 60", await OutputOf(["show", "spec", .. there]));
        Assert.Equal("It is complete.\n", await OutputOf(["why", "spec", .. there]) + "\n");
        Assert.Contains("(teacher)", await OutputOf(["trajectory", "show", "spec", .. there]));
        Assert.DoesNotContain("damaged", await OutputOf(["trajectory", "verify", "spec", .. there]));
        Assert.DoesNotContain("damaged", await OutputOf(["checkpoint", "verify", "spec", .. there]));
        Assert.Contains("FID ", await OutputOf(["evaluate", "spec", "--count", "100", .. there]));
        Assert.Contains("FID ", await OutputOf(["evaluate", "spec", "--teacher", "--count", "20", .. there]));
        await OutputOf(["sample", "spec", "--count", "4", "--output", Path.Combine(root, "four.png"), .. there]);
        await OutputOf(["teacher", "import", weights, "--name", "brought", .. there]);
        Assert.Contains("brought", await OutputOf(["teacher", "list", .. there]));

        // The same JSON from the cluster and from its folder.
        foreach (var verb in new string[][]
        {
            ["list", "--json"],
            ["show", "spec", "--json"],
            ["trajectory", "list", "--json"],
            ["teacher", "list", "--json"],
            ["checkpoint", "list", "spec", "--json"],
        })
        {
            Assert.True(
                JsonNode.DeepEquals(JsonNode.Parse(await OutputOf([.. verb, "--data", cluster.Folder])), JsonNode.Parse(await OutputOf([.. verb, .. there]))),
                string.Join(' ', verb));
        }

        // And the same files.
        foreach (var format in new[] { "tensorboard", "jsonl" })
        {
            var (local, remote) = (Path.Combine(root, $"{format}-local"), Path.Combine(root, $"{format}-remote"));
            string[] verb = ["scalars", "spec", "trajectory/spec", "--format", format];
            await OutputOf([.. verb, "--output", local, "--data", cluster.Folder]);
            await OutputOf([.. verb, "--output", remote, .. there]);
            var files = Directory.EnumerateFiles(local, "*", SearchOption.AllDirectories).ToList();
            Assert.NotEmpty(files);
            foreach (var file in files)
            {
                Assert.Equal(
                    await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken),
                    await File.ReadAllBytesAsync(Path.Combine(remote, Path.GetRelativePath(local, file)), TestContext.Current.CancellationToken));
            }
        }

        Assert.Contains("has the tags good", await OutputOf(["tag", "spec", "good", .. there]));
        Assert.Contains("spec-", await OutputOf(["list", "--tag", "good", .. there]));
        Assert.Contains("has no tags", await OutputOf(["untag", "spec", "good", .. there]));
        Assert.Contains("Nothing is missing or damaged", await OutputOf(["repair", "spec", .. there]));
        Assert.StartsWith("Deleted run spec-", await OutputOf(["delete", "spec", "--yes", .. there]));
        Assert.DoesNotContain("spec-", await OutputOf(["list", .. there]));
    }

    [Fact]
    public async Task A_run_of_a_cluster_outlives_its_watcher_and_is_steered_by_operators_only()
    {
        await using var cluster = await GatewayProcess.StartAsync();
        var root = cluster.Root;
        var (token, other) = (Path.Combine(root, "token"), Path.Combine(root, "viewer"));
        await File.WriteAllTextAsync(token, await cluster.TokenAsync("me", "operator"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(other, await cluster.TokenAsync("you", "viewer"), TestContext.Current.CancellationToken);
        string[] there = ["--cluster", cluster.Address, "--data", root];
        string[] mine = [.. there, "--token-file", token];
        string[] theirs = [.. there, "--token-file", other];

        await OutputOf(["teacher", "train", "teacher.yaml", .. mine]);
        using (var process = DisBackProcess.Start(folder.Path, ["run", "spec.yaml", "--set", "name=long", "--set", "backtracking.steps=100000", .. mine]))
        {
            await process.SeesAsync("Training.");
            process.Interrupt();
            var (code, _, error) = await process.EndAsync();
            Assert.Equal(ExitCode.Interrupted, code);
            Assert.Contains("long goes on; 'disback watch long-", error);
        }
        using (var watcher = DisBackProcess.Start(folder.Path, ["watch", "long", .. theirs]))
        {
            await watcher.SeesAsync("step ");
            cluster.FreezeGateway();
            await watcher.SeesAsync("does not answer (nothing was heard for 9 seconds); trying again.");
            cluster.ThawGateway();
            await watcher.SeesAsync("answers again.");
            watcher.Interrupt();
            Assert.Equal(ExitCode.Interrupted, (await watcher.EndAsync()).Code);
        }
        Assert.StartsWith("Attempt 1 ", await OutputOf(["why", "long", .. theirs]));
        Assert.Equal(ExitCode.NotPermitted, (await DisBackProcess.RunAsync(folder.Path, ["pause", "long", .. theirs])).Code);
        Assert.Equal(ExitCode.NotPermitted, (await DisBackProcess.RunAsync(folder.Path, ["list", .. there])).Code);
        await OutputOf(["pause", "long", .. mine]);
        Assert.Contains("is paused", await OutputOf(["watch", "long", .. mine]));
        await OutputOf(["resume", "long", .. mine]);
        await OutputOf(["cancel", "long", .. mine]);
        Assert.Equal(ExitCode.Cancelled, (await DisBackProcess.RunAsync(folder.Path, ["watch", "long", .. mine])).Code);

        Assert.Equal(
            ExitCode.ClusterUnavailable,
            (await DisBackProcess.RunAsync(folder.Path, ["list", "--cluster", "http://127.0.0.1:9", "--data", root])).Code);
        Assert.Equal(ExitCode.Invalid, (await DisBackProcess.RunAsync(folder.Path, ["list", "--cluster", "nonsense", "--data", root])).Code);
    }

    [Fact]
    public async Task Without_an_owner_why_tells_from_the_document()
    {
        var (code, output, error) = await DisBackProcess.RunAsync(folder.Path, "run", "spec.yaml", "--set", "name=told", "--set", "backtracking.steps=40");
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Equal("It is complete.", await OutputOf(["why", "told"]));
        Assert.Equal(ExitCode.Invalid, (await DisBackProcess.RunAsync(folder.Path, "run", "spec.yaml", "--detach")).Code);
    }

    private async Task<string> OutputOf(string[] args)
    {
        var (code, output, error) = await DisBackProcess.RunAsync(folder.Path, args);
        Assert.True(code == ExitCode.Ok, $"{string.Join(' ', args)} ended with {code}: {error}");
        return output;
    }
}
