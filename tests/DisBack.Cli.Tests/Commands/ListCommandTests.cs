using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Cli.Tests.Commands;

/// <summary><c>disback list</c> shows the newest runs, and every one where that is asked for.</summary>
public sealed class ListCommandTests : IDisposable
{
    private const int Runs = 120;

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-list-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_newest_runs_come_first_and_a_sentence_says_that_there_are_more()
    {
        await WriteAsync(archived: number => number % 10 == 0);

        var some = await Shell.RunAsync("list", "--data", _folder, "--limit", "3");
        Assert.Equal(["RUN", Id(119), Id(118), Id(117)], FirstColumn(some.Output));
        Assert.Contains("more than these 3 runs", some.Error, StringComparison.Ordinal);
        var usual = await Shell.RunAsync("list", "--data", _folder, "--archived");
        Assert.Equal(101, FirstColumn(usual.Output).Count);
        Assert.Contains("--all", usual.Error, StringComparison.Ordinal);

        Assert.Equal(1 + 108, FirstColumn((await Shell.RunAsync("list", "--data", _folder, "--all")).Output).Count);
        Assert.Equal(1 + Runs, FirstColumn((await Shell.RunAsync("list", "--data", _folder, "--all", "--archived")).Output).Count);
        var exact = await Shell.RunAsync("list", "--data", _folder, "--limit", "108");
        Assert.Equal(("", 109), (exact.Error, FirstColumn(exact.Output).Count));
    }

    [Fact]
    public async Task As_json_every_run_is_listed_unless_a_limit_is_given()
    {
        await WriteAsync(archived: _ => false);

        Assert.Equal(Runs, JsonNode.Parse((await Shell.RunAsync("list", "--data", _folder, "--json")).Output)!.AsArray().Count);
        var two = JsonNode.Parse((await Shell.RunAsync("list", "--data", _folder, "--json", "--limit", "2")).Output)!.AsArray();
        Assert.Equal([Id(119), Id(118)], two.Select(run => (string)run!["id"]!));
    }

    [Fact]
    public async Task All_and_a_limit_contradict_one_another()
    {
        var result = await Shell.RunAsync("list", "--data", _folder, "--all", "--limit", "3");

        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains("contradict", result.Error, StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> FirstColumn(string output) => [.. output.TrimEnd('\n').Split('\n').Select(line => line.Split(' ')[0])];

    private static string Id(int number) => $"run-{number:x8}/0000";

    private async Task WriteAsync(Func<int, bool> archived)
    {
        var blobs = new FolderBlobStore(_folder);
        for (var number = 0; number < Runs; number++)
        {
            var trial = new TrialDocument
            {
                Id = Id(number),
                Name = "run",
                Tags = archived(number) ? ["archived"] : [],
                Run = new RunRecord { Status = RunStatus.Completed, Submitted = DateTimeOffset.UnixEpoch.AddMinutes(number) },
            };
            await blobs.WriteAsync(
                StateNames.Of(DocumentNames.Service, DocumentNames.Trial, trial.Id, DocumentNames.Trial),
                StateDocument.Write(trial),
                BlobCondition.None,
                Cancellation);
        }
    }
}
