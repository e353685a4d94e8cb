using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DisBack.Client;
using DisBack.Client.Curves;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using DisBack.Storage.Metrics;

namespace DisBack.Benchmarks;

/// <summary>
/// The curves of many runs for one chart, as a gateway answers: read, thinned and written as JSON. The first question for runs reads all they have measured;
/// the next ones are for other metrics and places of them.
/// </summary>
internal static class CurvesBenchmark
{
    /// <summary>Runs that differ; the others have the files of one of them.</summary>
    private const int Different = 4;

    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Command Create()
    {
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 100, Description = "How many runs." };
        var metrics = new Option<int>("--metrics") { DefaultValueFactory = _ => 10, Description = "How many metrics each has measured." };
        var points = new Option<int>("--points") { DefaultValueFactory = _ => 10_000, Description = "How often." };
        var questions = new Option<int>("--questions") { DefaultValueFactory = _ => 100, Description = "How many charts after the first one." };
        var command = new Command("curves", "Time to answer for the curves of many runs, thinned for a chart.") { runs, metrics, points, questions };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(runs), parsed.GetValue(metrics), parsed.GetValue(points), parsed.GetValue(questions), cancellation));
        return command;
    }

    private static async Task RunAsync(int runs, int metrics, int points, int questions, CancellationToken cancellation)
    {
        var root = Directory.CreateTempSubdirectory("disback-curves-").FullName;
        try
        {
            var blobs = new FolderBlobStore(root);
            string[] ids = [.. Enumerable.Range(0, runs).Select(run => GrainKeys.Trial("curves-00000000", run))];
            await WriteAsync(blobs, ids, metrics, points, cancellation);
            var archive = new BlobArchive(blobs);

            var (first, firstWork, _) = await AskAsync(archive, Question(ids, 0, metrics), cancellation);
            var (times, work) = (new List<double>(), new List<double>());
            var bytes = 0;
            for (var question = 1; question <= questions; question++)
            {
                var (time, processor, length) = await AskAsync(archive, Question(ids, question, metrics), cancellation);
                times.Add(time);
                work.Add(processor);
                bytes = Math.Max(bytes, length);
            }
            Figures.Print(
                string.Create(CultureInfo.InvariantCulture, $"{runs} runs, {metrics} metrics, {points} points"),
                ("first chart", string.Create(CultureInfo.InvariantCulture, $"{first:f2} s, of it processor time {firstWork:f2} s")),
                ("charts after it (minimum / median / maximum)", Figures.Spread(times)),
                ("95 % of them within", string.Create(CultureInfo.InvariantCulture, $"{1e3 * Figures.Quantile(times, 0.95):f1} ms")),
                ("processor time (minimum / median / maximum)", Figures.Spread(work)),
                ("bytes of the longest answer", bytes.ToString("N0", CultureInfo.InvariantCulture)),
                ("memory that the process holds", string.Create(
                    CultureInfo.InvariantCulture, $"{Environment.WorkingSet / 1048576.0:f0} MiB")));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static CurveQuery Question(string[] ids, int number, int metrics) => new(ids, [Metric(number % metrics)])
    {
        By = Enum.GetValues<PlaceKind>()[number % (Enum.GetValues<PlaceKind>().Length - 1)],
    };

    private static async Task<(double Seconds, double Processor, int Bytes)> AskAsync(BlobArchive archive, CurveQuery query, CancellationToken cancellation)
    {
        var (began, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var answer = JsonSerializer.SerializeToUtf8Bytes(await archive.CurvesAsync(query, cancellation), Api.Json);
        return (Stopwatch.GetElapsedTime(began).TotalSeconds, (Environment.CpuUsage.TotalTime - used).TotalSeconds, answer.Length);
    }

    private static string Metric(int number) => string.Create(CultureInfo.InvariantCulture, $"loss/{number}");

    /// <summary>Writes runs that have each made a number of measurements of some metrics, <c>loss/0</c> and so on.</summary>
    public static async Task WriteAsync(FolderBlobStore blobs, string[] ids, int metrics, int points, CancellationToken cancellation)
    {
        foreach (var (number, id) in ids.Index())
        {
            await blobs.WriteAsync(
                StateNames.Of(DocumentNames.Service, DocumentNames.Trial, id, DocumentNames.Trial),
                StateDocument.Write(new TrialDocument
                {
                    Id = id,
                    Name = "curves",
                    Spec = SpecJson.Canonical(new ExperimentSpec { Name = "curves", Teacher = "digits" }),
                    Run = new RunRecord
                    {
                        Status = RunStatus.Completed,
                        Submitted = s_start,
                        Attempts = [new() { Number = 1, Started = s_start, Ended = s_start.AddSeconds(points) }],
                        Seconds = points,
                    },
                }),
                BlobCondition.None,
                cancellation);
            var run = GrainKeys.Metrics(RunKind.Backtracking, id);
            if (number >= Different)
            {
                Copy(blobs, GrainKeys.Metrics(RunKind.Backtracking, ids[number % Different]), run);
                continue;
            }
            await using (var writer = new MetricWriter(blobs, run, 1, 0))
            {
                var random = new Random(number);
                for (var step = 0; step < points; step++)
                {
                    for (var metric = 0; metric < metrics; metric++)
                    {
                        writer.Add(new MetricPoint(
                            step, Metric(metric), (float)(Math.Exp(-3.0 * step / points) + 0.1 * random.NextDouble()), s_start.AddSeconds(step)));
                    }
                    // As between two checkpoints.
                    if (step % 500 == 499)
                    {
                        await writer.FlushAsync(cancellation);
                    }
                }
            }
            await new MetricCompactor(blobs).CompactAsync(run, _ => true, cancellation);
        }
    }

    private static void Copy(FolderBlobStore blobs, string from, string to)
    {
        var (source, target) = (Path.GetDirectoryName(blobs.LocalPathOf($"metrics/{from}/x"))!, Path.GetDirectoryName(blobs.LocalPathOf($"metrics/{to}/x"))!);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var path = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(file, path);
        }
    }
}
