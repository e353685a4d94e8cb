using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using DisBack.Storage.Metrics;

namespace DisBack.Cli.Tests.Comparisons;

/// <summary>A data folder with documents and measurements that no run has made.</summary>
internal sealed class StoredRuns : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FolderBlobStore _blobs;

    public StoredRuns() => _blobs = new FolderBlobStore(Folder);

    public string Folder { get; } = Directory.CreateTempSubdirectory("disback-stored-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public Task<Shell.Result> AskAsync(string line, TimeProvider? time = null) =>
        Shell.RunAsync(time ?? TimeProvider.System, [.. line.Split(' '), "--data", Folder]);

    /// <summary>Keeps a document.</summary>
    public Task KeepAsync<T>(string kind, string key, T document) where T : class => _blobs.WriteAsync(
        StateNames.Of(DocumentNames.Service, kind, key, kind), StateDocument.Write(document), BlobCondition.None, TestContext.Current.CancellationToken);

    /// <summary>Keeps a complete run of batch 10 with four nodes, submitted at <see cref="Start"/>, which measured its k-th value k seconds later.</summary>
    /// <param name="name">Its name, in no other run's.</param>
    /// <param name="settings">Values of its spec beside the name.</param>
    /// <param name="values">The values of fid with their steps; also as accuracy.</param>
    /// <param name="change">What else its document says.</param>
    public async Task RunAsync(
        string name, string[] settings, (long Step, double Value)[] values, Func<TrialDocument, TrialDocument>? change = null)
    {
        var spec = SpecReader.Parse<ExperimentSpec>(
            $"name: {name}\nteacher: digits\nbacktracking: {{ batch: 10, switching: {{ policy: fixed, interval: 1 }} }}", "spec.yaml", settings);
        var trial = new TrialDocument
        {
            Id = $"{name}-00000000/0000",
            Name = name,
            Spec = SpecJson.Canonical(spec),
            Teacher = new ContentRef(new string('a', 64), 1),
            Nodes = 4,
            Run = new RunRecord { Status = RunStatus.Completed, Submitted = Start },
        };
        trial = change?.Invoke(trial) ?? trial;
        await KeepAsync(DocumentNames.Trial, trial.Id, trial);
        await using var writer = new MetricWriter(_blobs, GrainKeys.Metrics(RunKind.Backtracking, trial.Id), attempt: 1, resumedAt: 0);
        foreach (var (index, (step, value)) in values.Index())
        {
            writer.Add(new MetricPoint(step, "fid", value, Start.AddSeconds(index + 1)));
            writer.Add(new MetricPoint(step, "accuracy", value, Start.AddSeconds(index + 1)));
        }
        await writer.FlushAsync(TestContext.Current.CancellationToken);
    }
}
