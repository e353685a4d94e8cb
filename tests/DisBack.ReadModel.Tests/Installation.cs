using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.ReadModel.Tests;

/// <summary>A folder with documents of every kind, and questions to it.</summary>
internal sealed class Installation : IDisposable
{
    private static readonly DateTimeOffset s_start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _root = Directory.CreateTempSubdirectory("disback-tables-").FullName;

    public Installation() => Blobs = new FolderBlobStore(Path.Combine(_root, "data"));

    public FolderBlobStore Blobs { get; }

    public string Folder => Path.Combine(_root, "tables");

    public string Database => Path.Combine(Folder, DocumentReadModel.FileName);

    public DocumentReadModel Open() => new(Blobs, Folder);

    public Task WriteAsync<T>(string kind, string key, T document) =>
        Blobs.WriteAsync(StateNames.Of(DocumentNames.Service, kind, key, kind), StateDocument.Write(document), BlobCondition.None);

    public Task WriteTextAsync(string kind, string key, string text) =>
        Blobs.WriteAsync(StateNames.Of(DocumentNames.Service, kind, key, kind), BinaryData.FromString(text), BlobCondition.None);

    public Task DeleteAsync(string kind, string key) =>
        Blobs.DeleteAsync(StateNames.Of(DocumentNames.Service, kind, key, kind), BlobCondition.None);

    public Task WriteAsync(TrialDocument trial) => WriteAsync(DocumentNames.Trial, trial.Id, trial);

    /// <summary>A trial that has come some way, as a function of a number.</summary>
    public static TrialDocument Trial(
        int number, RunStatus status = RunStatus.Completed, double? fid = null, string name = "digits", BacktrackingSettings? host = null)
    {
        var spec = new ExperimentSpec { Name = name, Teacher = "digits", Seed = number, Backtracking = host ?? new DmdSettings { Steps = 100 + number } };
        var content = new ContentRef(new string((char)('a' + (number % 6)), 64), 10 + number);
        return new TrialDocument
        {
            Id = GrainKeys.Trial($"{name}-{number:x8}", 0),
            Name = name,
            Spec = SpecJson.Canonical(spec),
            Teacher = content,
            Trajectory = $"path-{number % 3}",
            Tags = number % 2 == 0 ? ["even", $"n{number}"] : [],
            Run = new RunRecord
            {
                Status = status,
                Cause = status == RunStatus.Failed ? FailureCause.Diverged : null,
                Submitted = s_start.AddMinutes(number),
                Attempt = 1,
                Steps = 100,
                Attempts =
                [
                    new Attempt { Number = 1, Started = s_start.AddMinutes(number), Ended = s_start.AddMinutes(number + 2), Cause = FailureCause.Lost },
                ],
                Checkpoints = [new CheckpointRef(content, 10 + number, number % 4)],
                Switches = [new SwitchRecord(5, 2, 1, 0.5), new SwitchRecord(9, 1, 0, null)],
                Latest = fid is { } value
                    ? RunRecordMetrics.Of(("fid", value), ("loss/fake", value * 2))
                    : RunRecordMetrics.Of(("loss/fake", number)),
                Events = [new RunEvent { Sequence = 1, At = s_start, Kind = RunEventKind.Note, Status = status, Message = $"it's {number}" }],
            },
        };
    }

    public static TrajectoryDocument Trajectory(int number, int nodes) => new()
    {
        Id = $"path-{number}",
        Name = "digits",
        Sealed = nodes > 2,
        Nodes =
        [
            .. Enumerable.Range(0, nodes)
                .Select(node => new NodeRef(node, node * 4, new ContentRef(new string('b', 64), 100 + node), node == 0 ? null : 1.5)),
        ],
        Run = new RunRecord { Submitted = s_start },
    };

    /// <summary>Every cell of every table, for comparisons.</summary>
    public static async Task<string> DumpAsync(IRowQueries tables)
    {
        var lines = new List<string>();
        foreach (var table in await tables.TablesAsync())
        {
            var query = new RowQuery(table.Name) { Columns = ["*"], Limit = RowQuery.LargestPage };
            var page = await tables.QueryAsync(query);
            Assert.Null(page.Next);
            // Columns that only rows of the past had are empty now: whoever made the tables anew does not know them.
            lines.AddRange(page.Rows.Select(row => $"{table.Name}: " + string.Join(
                "; ", page.Columns.Zip(row).Where(cell => cell.Second is not null).Select(cell => $"{cell.First.Name}={cell.Second!.ToJsonString()}"))));
            lines.AddRange(page.Damaged);
        }
        return string.Join('\n', lines);
    }

    public static async Task<string[]> IdsAsync(IRowQueries tables, string where, string table = "runs", params string[] sort) =>
        [.. (await tables.QueryAsync(new RowQuery(table) { Where = where, Sort = sort })).Rows.Select(row => row[0]!.GetValue<string>())];

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
