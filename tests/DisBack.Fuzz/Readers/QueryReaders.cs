using System.Text;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Queries;
using DisBack.Fuzz.Inputs;
using DisBack.ReadModel;
using DisBack.ReadModel.Documents;
using DisBack.ReadModel.Filters;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Fuzz.Readers;

/// <summary>Readers of questions, of what answers them, and of sweeps.</summary>
internal static class QueryReaders
{
    private const int Quick = 25;
    private const int Slow = 2;

    private const string Sweep = """
        name: swept
        teacher: digits
        evaluation: { reference: { source: digits, resolution: 14 } }
        search:
          sampler: tpe
          trials: 8
          space:
            backtracking.generator.learning_rate: { low: 1.0e-5, high: 1.0e-3, log: true }
            backtracking.host: [dmd, sid]
            backtracking.alpha: { low: 0.8, high: 1.4, when: { backtracking.host: [sid] }, unit: times }
            arm: { cases: [{ name: host, set: { recording.steps: 0 } }, { name: path, set: { backtracking.switching: { policy: fixed, interval: 5 } } }] }
        """;

    private static readonly string[] s_filters =
    [
        "fid < 5 and method = 'dmd2' and param.generator.learning_rate > 1e-4",
        "not (status in ('failed', 'cancelled') or tags like 'a%') and submitted > 1.5d",
        "name = 'it''s' or sealed = true or fid is not null or loss/fake != -2E3",
    ];

    public static IEnumerable<Reader> All =>
    [
        Reader.OfBytes("filter", Quick, Filters, TextMutation.Of, bytes => FilterParser.Read(Encoding.UTF8.GetString(bytes))),
        new Reader("query", Slow, Filters, TextMutation.Of, _ =>
        {
            var tables = new DocumentReadModel(new FolderBlobStore("/nowhere"), null, TimeSpan.FromDays(1));
            return bytes =>
            {
                var text = Encoding.UTF8.GetString(bytes);
                tables.QueryAsync(new RowQuery("runs") { Where = text, Sort = ["fid"], After = text.Length % 2 == 0 ? null : text }).GetAwaiter().GetResult();
            };
        }),
        Rows(DocumentNames.Trial),
        Rows(DocumentNames.Trajectory),
        Rows(DocumentNames.Teacher),
        Rows(DocumentNames.Sweep),
        Rows(DocumentNames.SweepPage),
        Reader.OfBytes("spec-sweep", Quick, () => [Encoding.UTF8.GetBytes(Sweep)], TextMutation.Of, bytes =>
            SweepPlan.Parse(Encoding.UTF8.GetString(bytes), "spec")),
    ];

    private static byte[][] Filters() => [.. s_filters.Select(Encoding.UTF8.GetBytes)];

    private static Reader Rows(string kind) => new($"rows-{kind}", Quick, () => DocumentReaders.Goldens(kind), TextMutation.Of, _ =>
    {
        const string Key = "fuzz-00000000/0";
        var blob = new OneBlob(StateNames.Of(DocumentNames.Service, kind, Key, kind));
        var documents = new DocumentReader(blob, DocumentNames.Service);
        var add = DocumentKind.All.First(known => known.Name == kind).AddAsync;
        return bytes =>
        {
            blob.Set(bytes);
            add(documents, Key, new RowBatch(), CancellationToken.None).GetAwaiter().GetResult();
        };
    });
}
