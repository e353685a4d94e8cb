using System.CommandLine;
using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Benchmarks;

/// <summary>
/// What many finished runs in one data folder cost: the command that lists them, and one that starts a silo in the folder and finds its run complete, each
/// beside the same command in a folder with that one run alone.
/// </summary>
internal static class GrowthBenchmark
{
    public static Command Create()
    {
        var spec = new Argument<string>("SPEC") { Description = "A short experiment, for example client/samples/smoke.yaml, whose run is copied." };
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 10_000, Description = "How many runs." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "How often each command is timed, in turns." };
        var command = new Command("growth", "Time to list many runs, and to start in a data folder that holds them.") { spec, runs, rounds };
        command.SetAction((parsed, cancellation) =>
            RunAsync(parsed.GetRequiredValue(spec), parsed.GetValue(runs), parsed.GetValue(rounds), cancellation));
        return command;
    }

    private static async Task RunAsync(string spec, int runs, int rounds, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("disback-growth-").FullName;
        try
        {
            var (one, many) = (Path.Combine(folder, "one"), Path.Combine(folder, "many"));
            await Disback.RunAsync("run", spec, "--data", one);
            await Disback.RunAsync("run", spec, "--data", many);
            await CopyRunAsync(many, runs - 1, cancellation);
            var (first, _) = await Disback.MeasureAsync("list", "--data", many);
            List<double> bare = [], listOne = [], listMany = [], listAll = [], startOne = [], startMany = [], memoryOne = [], memoryMany = [];
            for (var round = 0; round < rounds; round++)
            {
                bare.Add((await Disback.MeasureAsync("--version")).Seconds);
                listOne.Add((await Disback.MeasureAsync("list", "--data", one)).Seconds);
                listMany.Add((await Disback.MeasureAsync("list", "--data", many)).Seconds);
                listAll.Add((await Disback.MeasureAsync("list", "--all", "--data", many)).Seconds);
                AddStart(await Disback.MeasureAsync("run", spec, "--data", one), startOne, memoryOne);
                AddStart(await Disback.MeasureAsync("run", spec, "--data", many), startMany, memoryMany);
            }
            var each = (Figures.Quantile(memoryMany, 0.5) - Figures.Quantile(memoryOne, 0.5)) / runs;
            Figures.Print(
                $"{runs} runs in one data folder (minimum / median / maximum)",
                ("a start that does nothing", Figures.Spread(bare)),
                ("list, the first time", Figures.Spread([first])),
                ("list, again", Figures.Spread(listMany)),
                ("list of one run", Figures.Spread(listOne)),
                ("list --all", Figures.Spread(listAll)),
                ("start, many runs", Figures.Spread(startMany)),
                ("start, one run", Figures.Spread(startOne)),
                ("most memory of a start, each run more", string.Create(CultureInfo.InvariantCulture, $"{each:f0} bytes")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The documents of a trial and of its sweep, again and again under other ids, as a sweep of many would leave them.</summary>
    private static async Task CopyRunAsync(string data, int copies, CancellationToken cancellation)
    {
        var blobs = new FolderBlobStore(data);
        var documents = new DocumentReader(blobs, DocumentNames.Service);
        var trial = (await documents.FindAllAsync(DocumentNames.Trial, DocumentNames.Trial, cancellation).SingleAsync(cancellation)).Key;
        var sweep = trial[..trial.IndexOf('/', StringComparison.Ordinal)];
        var names = new[] { (DocumentNames.Trial, Key: trial), (DocumentNames.Sweep, Key: sweep) };
        var texts = await Task.WhenAll(names.Select(async name =>
            (await blobs.ReadAsync(StateNames.Of(DocumentNames.Service, name.Item1, name.Key, name.Item1), cancellation))!.Content.ToString()));
        for (var copy = 0; copy < copies; copy++)
        {
            var id = FormattableString.Invariant($"{sweep[..^8]}{copy:x8}");
            foreach (var ((kind, key), text) in names.Zip(texts))
            {
                // Written without the store: a hundred thousand times four fsyncs would take an hour.
                var path = blobs.LocalPathOf(StateNames.Of(DocumentNames.Service, kind, key.Replace(sweep, id, StringComparison.Ordinal), kind));
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await File.WriteAllTextAsync(path, text.Replace(sweep, id, StringComparison.Ordinal), cancellation);
            }
        }
        await blobs.ForgetChangesAsync(cancellation);
    }

    private static void AddStart((double Seconds, long MostMemory) start, List<double> seconds, List<double> memory)
    {
        seconds.Add(start.Seconds);
        memory.Add(start.MostMemory);
    }
}
