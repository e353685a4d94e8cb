using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Cli.Tests.Commands;

/// <summary>Archived runs are left out by <c>list</c> and by nothing else.</summary>
public sealed class ArchiveCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-archive-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_archived_run_is_not_listed_until_it_is_asked_for_or_unarchived()
    {
        foreach (var name in new[] { "one", "two" })
        {
            await WriteAsync(name);
        }

        Assert.Equal("one-00000000/0000 is archived.", await OutputOf("archive", "one", "one-0"));
        Assert.Equal(["two"], await ListedAsync());
        Assert.Equal(["one", "two"], await ListedAsync("--archived"));
        Assert.Equal(["one"], await ListedAsync("--tag", "archived"));
        Assert.Equal(2, JsonNode.Parse(await OutputOf("query", "runs", "--json"))!["rows"]!.AsArray().Count);

        Assert.Equal("two-00000000/0000 is archived.", await OutputOf("archive", "two"));
        Assert.Equal("Every run like that is archived; 'list --archived' shows them, too.", await OutputOf("list"));
        Assert.Equal("[]", await OutputOf("list", "--json"));

        await OutputOf("unarchive", "one", "two");
        Assert.Equal(["one", "two"], await ListedAsync());
    }

    [Fact]
    public async Task A_name_that_means_nothing_archives_nothing()
    {
        await WriteAsync("one");

        Assert.Equal(ExitCode.NotFound, (await DisBackProcess.RunAsync(_folder, "archive", "one", "nobody")).Code);
        Assert.Equal(ExitCode.Usage, (await DisBackProcess.RunAsync(_folder, "archive", "")).Code);
        Assert.Equal(ExitCode.Usage, (await DisBackProcess.RunAsync(_folder, "archive")).Code);

        Assert.Equal(["one"], await ListedAsync());
    }

    private Task<string> WriteAsync(string name)
    {
        var trial = new TrialDocument
        {
            Id = $"{name}-00000000/0000",
            Name = name,
            Spec = SpecJson.Canonical(new ExperimentSpec { Name = name, Teacher = "taught" }),
            Run = new RunRecord { Status = RunStatus.Completed, Submitted = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) },
        };
        return new FolderBlobStore(Path.Combine(_folder, "disback-data")).WriteAsync(
            StateNames.Of(DocumentNames.Service, DocumentNames.Trial, trial.Id, DocumentNames.Trial),
            StateDocument.Write(trial),
            BlobCondition.None,
            TestContext.Current.CancellationToken);
    }

    private async Task<IEnumerable<string>> ListedAsync(params string[] args) =>
        JsonNode.Parse(await OutputOf(["list", "--json", .. args]))!.AsArray().Select(run => run!["name"]!.GetValue<string>()).Order();

    private async Task<string> OutputOf(params string[] args)
    {
        var (code, output, error) = await DisBackProcess.RunAsync(_folder, args);
        Assert.True(code == ExitCode.Ok, output + error);
        return output.TrimEnd();
    }
}
