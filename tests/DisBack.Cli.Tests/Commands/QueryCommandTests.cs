using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using Parquet;

namespace DisBack.Cli.Tests.Commands;

/// <summary><c>disback query</c>: the same rows as a table, JSON, CSV and Parquet, in pages or all of them, and mistakes in words.</summary>
public sealed class QueryCommandTests : IDisposable
{
    private const int Runs = 60;

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-query-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Rows_are_the_same_in_every_form()
    {
        await WriteRunsAsync();
        string[] question = ["query", "runs", "--data", Data, "--where", "seed < 50", "--sort", "-seed", "--columns", "id,seed,fid,submitted,tags"];

        var text = await Shell.RunAsync([.. question, "--limit", "3"]);
        Assert.Equal(ExitCode.Ok, text.Code);
        Assert.Equal(
            ["ID", "run-00000031/0000", "run-00000030/0000", "run-0000002f/0000"],
            text.Output.TrimEnd('\n').Split('\n').Select(line => line.Split(' ')[0]));
        Assert.Contains("3 of 50 rows", text.Error, StringComparison.Ordinal);

        var json = JsonNode.Parse((await Shell.RunAsync([.. question, "--json", "--all"])).Output)!;
        var rows = json["rows"]!.AsArray();
        Assert.Equal((50, 50), ((int)json["total"]!, rows.Count));
        Assert.Equal((49L, 24.5, "2026-11-01T00:49:00Z"), ((long)rows[0]!["seed"]!, (double)rows[0]!["fid"]!, (string)rows[0]!["submitted"]!));

        var csv = (await Shell.RunAsync([.. question, "--csv"])).Output.TrimEnd('\n').Split('\n');
        Assert.Equal("id,seed,fid,submitted,tags", csv[0]);
        Assert.Equal("run-00000031/0000,49,24.5,2026-11-01T00:49:00Z,a b", csv[1]);
        Assert.Equal(51, csv.Length);

        var file = Path.Combine(_folder, "runs.parquet");
        Assert.Contains("50 rows", (await Shell.RunAsync([.. question, "--parquet", file])).Output, StringComparison.Ordinal);
        await using var reader = await ParquetReader.CreateAsync(file, cancellationToken: Cancellation);
        Assert.Equal(["id", "seed", "fid", "submitted", "tags"], reader.Schema.GetDataFields().Select(field => field.Name));
        Assert.Equal(50, reader.RowGroups.Sum(group => group.RowCount));
        Assert.Equal([file], Directory.GetFiles(_folder, "*.parquet*"));
    }

    [Fact]
    public async Task Pages_follow_one_another()
    {
        await WriteRunsAsync();
        var first = JsonNode.Parse((await Shell.RunAsync("query", "runs", "--data", Data, "--json", "--limit", "40")).Output)!;
        var second = JsonNode.Parse((await Shell.RunAsync("query", "runs", "--data", Data, "--json", "--after", (string)first["next"]!)).Output)!;
        Assert.Null(second["next"]);
        Assert.Equal(Runs, first["rows"]!.AsArray().Concat(second["rows"]!.AsArray()).Select(row => (string)row!["id"]!).Distinct().Count());
    }

    [Fact]
    public async Task The_tables_can_be_shown_and_made_again()
    {
        await WriteRunsAsync();
        var tables = await Shell.RunAsync("query", "--tables", "--data", Data);
        Assert.Contains("param.backtracking.generator.learning_rate", tables.Output, StringComparison.Ordinal);
        Assert.Contains("resumed_step", tables.Output, StringComparison.Ordinal);
        Assert.Contains($"{Runs} documents", (await Shell.RunAsync("query", "--rebuild", "--data", Data)).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((int)ExitCode.Usage, "The table is missing")]
    [InlineData((int)ExitCode.Usage, "three forms", "runs", "--json", "--csv")]
    [InlineData((int)ExitCode.Usage, "contradict", "runs", "--all", "--limit", "3")]
    [InlineData((int)ExitCode.Invalid, "did you mean 'runs'", "run")]
    [InlineData((int)ExitCode.Invalid, "position 6", "runs", "--where", "fid =")]
    [InlineData((int)ExitCode.Invalid, "begin without it", "runs", "--after", "x")]
    public async Task A_mistake_is_a_sentence(int code, string sentence, params string[] arguments)
    {
        var result = await Shell.RunAsync(["query", "--data", Data, .. arguments]);
        Assert.Equal((ExitCode)code, result.Code);
        Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_installation_that_does_not_exist_has_no_rows_and_gets_no_folder()
    {
        Assert.Contains("no such rows", (await Shell.RunAsync("query", "runs", "--data", Data)).Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    private async Task WriteRunsAsync()
    {
        var blobs = new FolderBlobStore(Data);
        for (var run = 0; run < Runs; run++)
        {
            var id = $"run-{run:x8}/0000";
            var trial = new TrialDocument
            {
                Id = id,
                Name = "run",
                Spec = SpecJson.Canonical(new ExperimentSpec { Name = "run", Teacher = "digits", Seed = run }),
                Tags = ["a", "b"],
                Run = new RunRecord
                {
                    Submitted = new DateTimeOffset(2026, 11, 1, 0, run, 0, TimeSpan.Zero),
                    Latest = new RunRecord().Latest.Add(MetricNames.Fid, new MetricValue(run / 2.0, 1)),
                },
            };
            await blobs.WriteAsync(
                StateNames.Of(DocumentNames.Service, DocumentNames.Trial, id, DocumentNames.Trial),
                StateDocument.Write(trial),
                BlobCondition.None,
                Cancellation);
        }
    }
}
