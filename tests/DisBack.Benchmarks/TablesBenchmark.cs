using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.ReadModel;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Benchmarks;

/// <summary>
/// The tables of many finished runs: how long they take to make and to bring up to date, and how long a page of them takes with a filter, an order and the
/// number of all rows, over questions of which no two are the same.
/// </summary>
internal static class TablesBenchmark
{
    public static Command Create()
    {
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 100_000, Description = "How many runs." };
        var questions = new Option<int>("--questions") { DefaultValueFactory = _ => 280, Description = "How many questions." };
        var command = new Command("tables", "Time to make the tables of many runs, and to ask them.") { runs, questions };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(runs), parsed.GetValue(questions), cancellation));
        return command;
    }

    private static async Task RunAsync(int runs, int questions, CancellationToken cancellation)
    {
        var root = Directory.CreateTempSubdirectory("disback-tables-").FullName;
        try
        {
            var data = Path.Combine(root, "data");
            var tables = Path.Combine(data, "cache", "tables");
            WriteRuns(new FolderBlobStore(data), runs, cancellation);

            var began = Stopwatch.GetTimestamp();
            using (var model = new DocumentReadModel(new FolderBlobStore(data), tables))
            {
                await model.QueryAsync(new RowQuery("runs"), cancellation);
            }
            var made = Stopwatch.GetElapsedTime(began).TotalSeconds;

            began = Stopwatch.GetTimestamp();
            using var opened = new DocumentReadModel(new FolderBlobStore(data), tables, TimeSpan.FromHours(1));
            await opened.QueryAsync(new RowQuery("runs"), cancellation);
            var openedIn = Stopwatch.GetElapsedTime(began).TotalSeconds;

            var times = new List<double>();
            var random = new Random(0);
            for (var question = 0; question < questions; question++)
            {
                var query = Question(random, question);
                began = Stopwatch.GetTimestamp();
                await opened.QueryAsync(query, cancellation);
                times.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            }
            Figures.Print(
                string.Create(CultureInfo.InvariantCulture, $"{runs} runs as tables"),
                ("made from the documents", string.Create(CultureInfo.InvariantCulture, $"{made:f1} s")),
                ("opened, every document looked at", string.Create(CultureInfo.InvariantCulture, $"{openedIn:f2} s")),
                ("bytes of the file", new FileInfo(Path.Combine(tables, DocumentReadModel.FileName)).Length.ToString("N0", CultureInfo.InvariantCulture)),
                ("filter, order, count and a page of 50 (minimum / median / maximum)", Figures.Spread(times)),
                ("95 % of them within", string.Create(CultureInfo.InvariantCulture, $"{1e3 * Figures.Quantile(times, 0.95):f1} ms")));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static RowQuery Question(Random random, int number)
    {
        var value = random.NextDouble();
        var fid = (20 * value).ToString("R", CultureInfo.InvariantCulture);
        var rate = Math.Pow(10, -5 + (2 * value)).ToString("R", CultureInfo.InvariantCulture);
        var where = (number % 7) switch
        {
            0 => $"fid < {fid} and method = 'dmd2' and param.generator.learning_rate > {rate}",
            1 => $"status = 'completed' and seconds > {fid}m",
            2 => $"name like 'arm-{random.Next(20)}%' or tags = 'group-{random.Next(10)}'",
            3 => $"param.backtracking.generator.learning_rate < {rate} and not status in ('failed', 'cancelled')",
            4 => $"submitted > '2026-01-{1 + random.Next(28):D2}' and best_fid > {fid}",
            5 => $"cause = 'diverged' and seed >= {random.Next(1000)}",
            _ => $"metric.loss/fake < {fid} and nodes = 6",
        };
        string[] sorts = ["fid", "-best_fid", "-submitted", "param.backtracking.generator.learning_rate", "name", "-seconds", "metric.loss/fake"];
        return new RowQuery("runs") { Where = where, Sort = [sorts[random.Next(sorts.Length)]], Limit = 50 };
    }

    /// <summary>Writes runs that have ended, without the store: a hundred thousand times four fsyncs would take an hour.</summary>
    public static void WriteRuns(FolderBlobStore blobs, int runs, CancellationToken cancellation)
    {
        for (var number = 0; number < runs; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            var run = Run(number);
            var path = blobs.LocalPathOf(StateNames.Of(DocumentNames.Service, DocumentNames.Trial, run.Id, DocumentNames.Trial));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, StateDocument.Write(run).ToArray());
        }
    }

    private static TrialDocument Run(int number)
    {
        var random = new Random(number);
        OptimizerSettings rate = new() { LearningRate = Math.Pow(10, -5 + (2 * random.NextDouble())) };
        BacktrackingSettings method = (number % 3) switch
        {
            0 => new Dmd2Settings { Generator = rate },
            1 => new DmdSettings { Generator = rate },
            _ => new SidSettings { Generator = rate },
        };
        var spec = new ExperimentSpec { Name = $"arm-{number % 200}", Teacher = "digits", Seed = number % 1000, Backtracking = method };
        var status = (number % 20) switch { 0 => RunStatus.Failed, 1 => RunStatus.Cancelled, _ => RunStatus.Completed };
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(number * 20);
        var content = new ContentRef(GrainKeys.Digest(spec.Name), 735_100);
        string[] metrics = ["fid", "fid/quick", "accuracy", "loss/fake", "loss/generator", "score_gap", "student/std", "target_index"];
        return new TrialDocument
        {
            Id = GrainKeys.Trial($"arm-{number:x8}", 0),
            Name = spec.Name,
            Spec = SpecJson.Canonical(spec),
            Teacher = content,
            Trajectory = GrainKeys.Digest(string.Create(CultureInfo.InvariantCulture, $"path {number % 100}")),
            Nodes = 6,
            Tags = number % 4 == 0 ? [$"group-{number % 10}"] : [],
            Run = new RunRecord
            {
                Status = status,
                Cause = status == RunStatus.Failed ? FailureCause.Diverged : null,
                Submitted = start,
                Ended = start.AddMinutes(20),
                Attempt = 1,
                Steps = 300,
                Seconds = 1200 * random.NextDouble(),
                Attempts = [new Attempt { Number = 1, Started = start, Ended = start.AddMinutes(20), DeviceName = "machine cpu" }],
                Checkpoints = [.. Enumerable.Range(0, 3).Select(index => new CheckpointRef(content, 300 - (100 * index), 0))],
                Switches = [.. Enumerable.Range(0, 4).Select(index => new SwitchRecord(20 * index, 4 - index, 3 - index, random.NextDouble()))],
                Latest = metrics.ToImmutableSortedDictionary(name => name, _ => new MetricValue(20 * random.NextDouble(), 300)),
                Best = metrics[..2].ToImmutableSortedDictionary(name => name, _ => new MetricValue(20 * random.NextDouble(), 300)),
                Events =
                [
                    .. Enumerable.Range(1, 8).Select(index => new RunEvent
                    {
                        Sequence = index, At = start.AddMinutes(index), Kind = RunEventKind.Checkpoint, Status = RunStatus.Running, Message = "Checkpoint.",
                    }),
                ],
            },
        };
    }
}
