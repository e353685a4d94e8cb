using System.Collections.Immutable;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
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

    private string Copy => Path.Combine(_folder, "cache", "lists", "trials");

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
        var damaged = Assert.Single(await folder.Archive.DamagedAsync(RunKind.Backtracking, Cancellation));
        Assert.Contains(Uri.EscapeDataString(Id(3)), damaged, StringComparison.Ordinal);
    }

    /// <summary>A process that goes on and others that begin see what one sees that looks at everything, after any change, and a restoration by hand.</summary>
    [Fact]
    public async Task A_list_that_follows_random_changes_is_that_of_one_who_looks_at_everything()
    {
        var random = new Random(7);
        await WriteAllAsync();
        var followed = new DataFolder(_folder).Archive;
        for (var round = 0; round < 40; round++)
        {
            for (var changes = random.Next(4); changes > 0; changes--)
            {
                var index = random.Next(Runs + 10);
                switch (random.Next(5))
                {
                    case 0:
                        await _blobs.DeleteAsync(Name(index), BlobCondition.None, Cancellation);
                        break;
                    case 1:
                        await _blobs.WriteAsync(Name(index), BinaryData.FromString("{"), BlobCondition.None, Cancellation);
                        break;
                    case 2 when (await followed.DamagedAsync(RunKind.Backtracking, Cancellation)).Count > 0:
                        await RestoreByHandAsync();
                        break;
                    default:
                        await WriteAsync(index, (RunStatus)random.Next(6));
                        break;
                }
            }
            if (round % 3 == 0)
            {
                Assert.Equal(await SeenByAsync(new BlobArchive(_blobs)), await SeenByAsync(followed));
            }
            Assert.Equal(await SeenByAsync(new BlobArchive(_blobs)), await SeenByAsync(new DataFolder(_folder).Archive));
        }

        static async Task<string> SeenByAsync(IArchive archive) => string.Join(
            '\n',
            (await archive.RunsAsync(null, Cancellation)).Select(run => $"{run.Id} {run.Status} {run.Submitted:o}")
                .Concat(await archive.DamagedAsync(RunKind.Backtracking, Cancellation)));

        // Every damaged document gets its old text back, of which the store knows nothing.
        async Task RestoreByHandAsync()
        {
            for (var index = 0; index < Runs + 10; index++)
            {
                var path = _blobs.LocalPathOf(Name(index));
                if (File.Exists(path) && await File.ReadAllTextAsync(path, Cancellation) == "{")
                {
                    await File.WriteAllTextAsync(path, StateDocument.Write(Trial(index, RunStatus.Completed)).ToString(), Cancellation);
                }
            }
        }
    }

    [Fact]
    public async Task Only_the_documents_that_are_named_as_changed_are_looked_at_until_all_changes_are_forgotten()
    {
        await WriteAllAsync();
        await ListAsync();
        await File.WriteAllTextAsync(_blobs.LocalPathOf(Name(1)), StateDocument.Write(Trial(1, RunStatus.Failed)).ToString(), Cancellation);

        Assert.DoesNotContain(await ListAsync(), run => run.Status == RunStatus.Failed);
        await _blobs.ForgetChangesAsync(Cancellation);
        Assert.Single(await ListAsync(), run => run.Status == RunStatus.Failed);
    }

    [Fact]
    public async Task A_list_from_a_copy_shows_all_that_the_documents_say()
    {
        var figures = ImmutableSortedDictionary<string, MetricValue>.Empty.Add(MetricNames.Fid, new MetricValue(0.1 + 0.2, 30));
        var full = new TrialDocument
        {
            Id = Id(1),
            Name = "many",
            Trajectory = new string('a', 64),
            Nodes = 5,
            Teacher = new ContentRef(new string('b', 64), 1),
            Tags = ["good", "kept"],
            Run = new RunRecord
            {
                Status = RunStatus.Failed,
                Steps = 300,
                Submitted = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromMinutes(-210)),
                Checkpoints = [new CheckpointRef(new ContentRef(new string('c', 64), 1), 30, 2)],
                Latest = figures,
                Best = figures,
            },
        };
        await WriteAsync(full);
        await WriteAsync(new TrialDocument { Id = Id(2), Name = "empty" });
        var read = await ListAsync();
        // What is read now is no document any more, and only its time says that it is the same.
        foreach (var index in new[] { 1, 2 })
        {
            var path = _blobs.LocalPathOf(Name(index));
            var written = File.GetLastWriteTimeUtc(path);
            await File.WriteAllTextAsync(path, "{", Cancellation);
            File.SetLastWriteTimeUtc(path, written);
        }

        Assert.Equivalent(RunSummary.Of(full), read.Single(run => run.Id == full.Id), strict: true);
        Assert.Equivalent(read, await ListAsync(), strict: true);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(10, 0)]
    [InlineData(0, 16)]
    [InlineData(1000, 0)]
    public async Task A_copy_that_is_cut_off_or_of_another_build_is_written_anew(int kept, int wrong)
    {
        await WriteAllAsync();
        await ListAsync();
        var whole = await File.ReadAllBytesAsync(Copy, Cancellation);
        var damaged = kept > 0 || wrong == 0 ? whole[..kept] : [.. new byte[wrong], .. whole[wrong..]];
        await File.WriteAllBytesAsync(Copy, damaged, Cancellation);

        Assert.Equal(Runs, (await ListAsync()).Count);

        Assert.Equal(whole.Length, new FileInfo(Copy).Length);
        Assert.NotEqual(damaged, await File.ReadAllBytesAsync(Copy, Cancellation));
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

    private Task<string> WriteAsync(int index, RunStatus status) => WriteAsync(Trial(index, status));

    private static TrialDocument Trial(int index, RunStatus status) =>
        new() { Id = Id(index), Name = "many", Run = new RunRecord { Status = status, Submitted = DateTimeOffset.UnixEpoch.AddMinutes(index % 7) } };

    private Task<string> WriteAsync(TrialDocument trial) => _blobs.WriteAsync(
        StateNames.Of(DocumentNames.Service, DocumentNames.Trial, trial.Id, DocumentNames.Trial),
        StateDocument.Write(trial),
        BlobCondition.None,
        Cancellation);

    private static string Id(int index) => $"many-{index:x8}/0000";

    private static string Name(int index) => StateNames.Of(DocumentNames.Service, DocumentNames.Trial, Id(index), DocumentNames.Trial);
}
