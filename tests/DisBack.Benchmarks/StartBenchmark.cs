using System.CommandLine;
using System.Globalization;
using System.Text.Json;

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
                seconds.Add((FirstStep(data) - started).TotalSeconds);
            }
            finally
            {
                Directory.Delete(data, recursive: true);
            }
        }

        Figures.Print($"Process start to first training step, {Path.GetFileName(spec)}", ("minimum / median / maximum", Figures.Spread(seconds)));
    }

    /// <summary>Time stamp of the earliest point of step 1 in the metric chunks.</summary>
    private static DateTimeOffset FirstStep(string data) => Directory
        .EnumerateFiles(Path.Combine(data, "metrics"), "*.ndjson", SearchOption.AllDirectories)
        .SelectMany(File.ReadLines)
        .Select(line => JsonDocument.Parse(line).RootElement)
        .Where(line => line.TryGetProperty("point", out _))
        .Select(line => line.GetProperty("point"))
        .Where(point => point.GetProperty("step").GetInt64() == 1)
        .Min(point => DateTimeOffset.Parse(point.GetProperty("time").GetString()!, CultureInfo.InvariantCulture));
}
