using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Tests;

/// <summary>Runs that start from checkpoints of others, by the real executable.</summary>
public sealed class ForkProcessTests(TaughtFolder folder) : IClassFixture<TaughtFolder>
{
    [Fact]
    public async Task A_fork_with_nothing_changed_ends_with_the_same_student_and_one_with_another_rate_does_not()
    {
        await SucceedAsync("run", "spec.yaml", "--set", "checkpoints={every: 10, per_node: true}");
        var source = await ShownAsync("spec");
        var trial = source["id"]!.GetValue<string>();
        // The newest three, and the earliest with each of the two targets.
        Assert.Equal([60, 50, 40, 30, 10], source["run"]!["checkpoints"]!.AsArray().Select(kept => (int)kept!["step"]!));

        await SucceedAsync("fork", trial, "--at-node", "0", "--set", "name=same");
        var same = await ShownAsync("same");
        Assert.Equal(Student(source), Student(same));
        Assert.Equal((30, 0), ((int)same["spec"]!["start"]!["step"]!, (int)same["spec"]!["start"]!["node"]!));
        Assert.Equal((string)source["trajectory"]!, (string)same["trajectory"]!);
        Assert.Contains($"step 30 of {trial}", await SucceedAsync("show", "same"), StringComparison.Ordinal);

        await SucceedAsync("fork", "same", "--at", "40", "--set", "name=other", "--set", "backtracking.generator.learning_rate=1e-3");
        var other = await ShownAsync("other");
        Assert.NotEqual(Student(source), Student(other));
        Assert.Equal(40, (int)other["spec"]!["start"]!["step"]!);

        var query = await SucceedAsync("query", "runs", "--where", $"param.start.run = '{trial}'", "--columns", "name", "--csv");
        Assert.Equal("same", query.Split('\n')[1].Trim());
    }

    [Fact]
    public async Task What_cannot_be_gone_on_from_is_refused_before_anything_runs()
    {
        await SucceedAsync("run", "spec.yaml", "--set", "name=whole");
        await RefusedAsync("has no checkpoint of step 25; it keeps those of the steps 40 (node 0), 50 (node 0), 60 (node 0)", "--at", "25");
        await RefusedAsync("has no checkpoint with node 1 as target", "--at-node", "1");
        await RefusedAsync("has 60 steps behind it and the experiment ends at 60; raise backtracking.steps", "--at", "60");
        await RefusedAsync("the experiment walks another trajectory than whole-", "--set", "recording.steps=9");
        await RefusedAsync("'step' and 'node' both say where to start", "--set", "start.node=1", "--at", "40");
        Assert.Single(JsonNode.Parse(await SucceedAsync("list", "--name", "whole", "--json"))!.AsArray());

        async Task RefusedAsync(string sentence, params string[] args)
        {
            var (code, _, error) = await DisBackProcess.RunAsync(folder.Path, ["fork", "whole", .. args]);
            Assert.Equal(ExitCode.Invalid, code);
            Assert.Contains(sentence, error, StringComparison.Ordinal);
        }
    }

    private static string Student(JsonNode trial) => (string)trial["run"]!["artifacts"]!["student.safetensors"]!["content"]!["digest"]!;

    private async Task<JsonNode> ShownAsync(string name) => JsonNode.Parse(await SucceedAsync("show", name, "--json"))!;

    private async Task<string> SucceedAsync(params string[] args)
    {
        var (code, output, error) = await DisBackProcess.RunAsync(folder.Path, args);
        Assert.True(code == ExitCode.Ok, output + error);
        return output;
    }
}
