using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Cli.Tests;

/// <summary>Many runs are listed from a copy that an earlier process left, and the list is that of the documents all the same.</summary>
public sealed class DataFolderTests : IDisposable
{
    private const int Runs = 100;

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-folder-").FullName;
    private readonly FolderBlobStore _blobs;

    public DataFolderTests() => _blobs = new FolderBlobStore(_folder);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Copy => Path.Combine(_folder, "cache", "lists", "trial.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_list_follows_every_change_of_the_documents_since_its_copy_was_written()
    {
        await WriteAllAsync();
        Assert.Equal(Runs, (await ListAsync()).Count);
        Assert.True(File.Exists(Copy));

        await WriteAsync(1, RunStatus.Failed);
        await WriteAsync(Runs, RunStatus.Queued);
        await _blobs.DeleteAsync(Name(2), BlobCondition.None, Cancellation);
        await _blobs.WriteAsync(Name(3), BinaryData.FromString("{"), BlobCondition.None, Cancellation);
        var folder = new DataFolder(_folder);
        var listed = (await folder.Archive.RunsAsync(null, Cancellation)).ToDictionary(run => run.Id, run => run.Status);

        Assert.Equal(Runs - 1, listed.Count);
        Assert.Equal((RunStatus.Failed, RunStatus.Queued, RunStatus.Completed), (listed[Id(1)], listed[Id(Runs)], listed[Id(4)]));
        Assert.Contains(Uri.EscapeDataString(Id(3)), Assert.Single(await folder.Archive.DamagedAsync(Cancellation)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"Build\"")]
    [InlineData("{\"Build\":\"00000000-0000-0000-0000-000000000000\",\"Entries\":{}}")]
    [InlineData("null")]
    public async Task A_copy_that_is_damaged_or_of_another_build_is_written_anew(string content)
    {
        await WriteAllAsync();
        Directory.CreateDirectory(Path.GetDirectoryName(Copy)!);
        await File.WriteAllTextAsync(Copy, content, Cancellation);

        Assert.Equal(Runs, (await ListAsync()).Count);

        Assert.NotEqual(content, await File.ReadAllTextAsync(Copy, Cancellation));
    }

    [Fact]
    public async Task A_copy_that_cannot_be_written_does_not_keep_the_list_from_being_shown()
    {
        await WriteAllAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "cache"), "a file", Cancellation);

        Assert.Equal(Runs, (await ListAsync()).Count);
    }

    private async Task<IReadOnlyList<RunSummary>> ListAsync() => await new DataFolder(_folder).Archive.RunsAsync(null, Cancellation);

    private async Task WriteAllAsync()
    {
        for (var index = 0; index < Runs; index++)
        {
            await WriteAsync(index, RunStatus.Completed);
        }
    }

    private Task<string> WriteAsync(int index, RunStatus status) => _blobs.WriteAsync(
        Name(index),
        StateDocument.Write(new TrialDocument { Id = Id(index), Name = "many", Run = new RunRecord { Status = status, Submitted = DateTimeOffset.UnixEpoch } }),
        BlobCondition.None,
        Cancellation);

    private static string Id(int index) => $"many-{index:x8}/0000";

    private static string Name(int index) => StateNames.Of(DocumentNames.Service, DocumentNames.Trial, Id(index), DocumentNames.Trial);
}
