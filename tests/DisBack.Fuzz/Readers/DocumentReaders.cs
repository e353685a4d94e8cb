using System.Security.Cryptography;
using System.Text.Json;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Fuzz.Inputs;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using DisBack.Storage.Metrics;
using DisBack.TestKit;

namespace DisBack.Fuzz.Readers;

/// <summary>Readers of what an installation has stored: documents, metric chunks and columns, milestones.</summary>
internal static class DocumentReaders
{
    private const int Quick = 25;
    private const string Key = "fuzz/0000";

    public static IEnumerable<Reader> All =>
    [
        Document<TrialDocument>(DocumentNames.Trial, archive => archive.RunsAsync()),
        Document<TrajectoryDocument>(DocumentNames.Trajectory, archive => archive.TrajectoriesAsync()),
        Document<TeacherDocument>(DocumentNames.Teacher, archive => archive.TeachersAsync()),
        Document<ModelDocument>(DocumentNames.Model, archive => archive.ModelsAsync()),
        // Of drawings there is no list.
        Document<DrawingDocument>(DocumentNames.Drawing, _ => Task.CompletedTask),
        Document<SweepDocument>(DocumentNames.Sweep, archive => archive.DamagedAsync(RunKind.Backtracking)),
        new Reader("metrics", Quick, () => [Golden("metrics.1.ndjson")], TextMutation.Of, _ =>
        {
            var blob = new OneBlob("metrics/fuzz/0001/000001.ndjson");
            return bytes =>
            {
                blob.Set(bytes);
                new MetricReader(blob).ReadAsync("fuzz").GetAwaiter().GetResult();
                new MetricReader(blob).ReadLogAsync("fuzz", new LogQuery { Search = "a" }).GetAwaiter().GetResult();
            };
        }),
        new Reader("metric-columns", Quick, () => [Columns()], ByteMutation.Of, _ =>
        {
            var blob = new OneBlob($"metrics/fuzz/0001/{Convert.ToHexStringLower(SHA256.HashData(Columns()))}.parquet");
            return bytes =>
            {
                blob.Set(bytes);
                new MetricReader(blob).ReadAsync("fuzz").GetAwaiter().GetResult();
                new MetricReader(blob).ReadLogAsync("fuzz", new LogQuery()).GetAwaiter().GetResult();
            };
        }),
        Reader.OfBytes("milestone", Quick, Milestones, TextMutation.Of, bytes =>
        {
            var milestone = new MilestoneRecord("fuzz", 1, System.Text.Encoding.UTF8.GetString(bytes), new ContentRef(new string('a', 64), 1));
            milestone.Describe();
            milestone.ToSwitch();
            milestone.ToNode();
        }),
    ];

    private static Reader Document<T>(string kind, Func<BlobArchive, Task> list)
        where T : class => new($"document-{kind}", Quick, () => Goldens(kind), TextMutation.Of, _ =>
        {
            var blob = new OneBlob(StateNames.Of(DocumentNames.Service, kind, Key, kind));
            var archive = new BlobArchive(blob);
            var documents = new DocumentReader(blob, DocumentNames.Service);
            return bytes =>
            {
                blob.Set(bytes);
                // A list leaves out what cannot be read; a document by itself is refused.
                list(archive).GetAwaiter().GetResult();
                documents.ReadAsync<T>(kind, Key, kind).GetAwaiter().GetResult();
            };
        });

    /// <summary>What a compaction makes of a chunk.</summary>
    private static byte[] Columns()
    {
        var folder = Directory.CreateTempSubdirectory("disback-fuzz-");
        try
        {
            var blobs = new FolderBlobStore(folder.FullName);
            WriteColumnsAsync(blobs).GetAwaiter().GetResult();
            return File.ReadAllBytes(Directory.EnumerateFiles(folder.FullName, "*.parquet", SearchOption.AllDirectories).Single());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task WriteColumnsAsync(FolderBlobStore blobs)
    {
        var noon = new DateTimeOffset(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
        await using (var writer = new MetricWriter(blobs, "fuzz", attempt: 1, resumedAt: 0))
        {
            for (var step = 1; step <= 100; step++)
            {
                writer.AddLine(LogSeverity.Info, step, "worker", "A line.", noon);
                writer.Add(new MetricPoint(step, step % 2 == 0 ? "loss/fake" : "score_gap", 1f / step, noon.AddSeconds(step)));
            }
            writer.Add(new MetricEvent(60, "switch", "Target 5 -> 4.", noon, JsonSerializer.SerializeToElement(new { gap = 0.25 })));
        }
        await new MetricCompactor(blobs).CompactAsync("fuzz", _ => true);
    }

    private static IReadOnlyList<byte[]> Milestones() =>
        ["""{"index": 3, "loss": 0.5, "from": 2, "to": 1, "gap": null}"""u8.ToArray(), """{"from": 1, "to": 0, "index": 1}"""u8.ToArray()];

    /// <summary>The documents that older versions have left, and the newest with every field filled in.</summary>
    public static IReadOnlyList<byte[]> Goldens(string kind) =>
        [.. new[] { 2, 1 }.Select(version => $"{kind}.{version}.json").Where(name => Find(name) is not null).Select(Golden)];

    private static byte[] Golden(string name) => File.ReadAllBytes(Find(name) ?? throw new InvalidOperationException($"There is no golden file {name}."));

    private static string? Find(string name) => Repository.Find($"tests/DisBack.Contracts.Tests/Documents/Golden/{name}");
}
