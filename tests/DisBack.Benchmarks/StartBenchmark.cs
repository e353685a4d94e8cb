using System.CommandLine;
using DisBack.Client;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;

namespace DisBack.Benchmarks;

/// <summary>From the start of the process to the end of the first training step, known from the time stamp of the step's loss in the metrics.</summary>
internal static class StartBenchmark
{
    public static Command Create()
    {
        var spec = new Argument<string>("SPEC") { Description = "The experiment, for example client/samples/smoke.yaml." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "Starts, each in a fresh data folder." };
        var command = new Command("start", "Time from process start to the first training step.") { spec, rounds };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetRequiredValue(spec), parsed.GetValue(rounds)));
        return command;
    }

    private static async Task RunAsync(string spec, int rounds)
    {
        List<double> seconds = [];
        for (var round = 0; round < rounds; round++)
        {
            var data = Directory.CreateTempSubdirectory("disback-start-").FullName;
            try
            {
                var started = DateTimeOffset.UtcNow;
                // One step of stage 1: its loss is read, and so stamped, right after it.
                await Disback.RunAsync("run", spec, "--data", data, "--set", "recording.steps=1");
                seconds.Add((await FirstStepAsync(data) - started).TotalSeconds);
            }
            finally
            {
                Directory.Delete(data, recursive: true);
            }
        }

        Figures.Print($"Process start to first training step, {Path.GetFileName(spec)}", ("minimum / median / maximum", Figures.Spread(seconds)));
    }

    /// <summary>Time stamp of the earliest point of step 1.</summary>
    private static async Task<DateTimeOffset> FirstStepAsync(string data)
    {
        var archive = new BlobArchive(new FolderBlobStore(data));
        var runs = (await archive.RunsAsync()).Select(run => RunId.Trial(run.Id))
            .Concat((await archive.TrajectoriesAsync()).Select(trajectory => RunId.Trajectory(trajectory.Id)));
        var first = DateTimeOffset.MaxValue;
        foreach (var run in runs)
        {
            first = (await archive.MetricsAsync(run)).Points.Where(point => point.Step == 1).Select(point => point.Time).Append(first).Min();
        }
        return first;
    }
}
