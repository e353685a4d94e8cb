using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Hosting;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Benchmarks;

/// <summary>
/// A whole sweep of trials that sleep, all on one trajectory, with everything durable: what the orchestration adds to the time that the trials must take on
/// their slots. One process is silo and worker.
/// </summary>
internal static class SweepBenchmark
{
    private const string Teacher = "digits";

    public static Command Create()
    {
        var trials = new Option<int>("--trials") { DefaultValueFactory = _ => 10_000, Description = "Trials of the sweep." };
        var slots = new Option<int>("--slots") { DefaultValueFactory = _ => 16, Description = "How many of them train at a time." };
        var ahead = new Option<int>("--ahead") { DefaultValueFactory = _ => 16, Description = "How many more may wait for a slot." };
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 1, Description = "How long each of them takes." };
        var command = new Command("sweep", "Time that a sweep of many short trials takes beyond that of its trials.") { trials, slots, ahead, seconds };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(trials), parsed.GetValue(slots), parsed.GetValue(ahead), parsed.GetValue(seconds), cancellation));
        return command;
    }

    private static async Task RunAsync(int trials, int slots, int ahead, double seconds, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        await using var host = await EmbeddedHost.StartAsync(
            new EmbeddedOptions
            {
                DataFolder = folder.Path,
                Training = training => training.Devices.Add(new Accelerator(0, "cpu", "cpu", slots)),
            },
            new EmptyTraining(steps: 1, TimeSpan.FromSeconds(seconds)),
            cancellation);
        var blobs = host.Services.GetRequiredService<IBlobStore>();
        var contents = host.Services.GetRequiredService<ContentStore>();

        var started = Stopwatch.GetTimestamp();
        var plan = SweepPlan.Parse(Spec(trials, slots + ahead), "sweep.yaml");
        foreach (var point in Enumerable.Range(0, trials).Select(trial => Point(1e-4 + trial * 1e-8)))
        {
            plan.ExperimentAt(point);
        }
        var validated = Stopwatch.GetElapsedTime(started);

        var id = $"{plan.Name}-00000000";
        var sweep = host.Grains.GetGrain<ISweepGrain>(id);
        var teacher = await contents.PutAsync(BinaryData.FromString(Teacher), cancellation);
        var used = Environment.CpuUsage.TotalTime;
        started = Stopwatch.GetTimestamp();
        await sweep.SubmitAsync(new SweepSubmission(plan.Name, plan.Canonical, null)
        {
            Teachers = ImmutableSortedDictionary<string, ContentRef>.Empty.Add(Teacher, teacher),
        });
        var accepted = Stopwatch.GetElapsedTime(started);

        var archive = new BlobArchive(blobs);
        while (!await IsSettledAsync(archive, id, trials, cancellation))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellation);
        }
        var taken = Stopwatch.GetElapsedTime(started);
        used = Environment.CpuUsage.TotalTime - used;

        started = Stopwatch.GetTimestamp();
        var page = await archive.SweepTrialsAsync(id, 0..100, cancellation);
        var listed = Stopwatch.GetElapsedTime(started);
        started = Stopwatch.GetTimestamp();
        var all = await archive.SweepTrialsAsync(id, cancellation);
        var read = Stopwatch.GetElapsedTime(started);
        var complete = all.Count(trial => trial is { Status: RunStatus.Completed, Value: not null });

        var ideal = trials * seconds / slots;
        Figures.Print(
            Text($"{trials} trials of {seconds} s on {slots} slots, max_concurrent {slots + ahead}"),
            ("spec and all of its points validated", Text($"{validated.TotalSeconds:f2} s")),
            ("accepted and durable", Text($"{accepted.TotalMilliseconds:f0} ms")),
            ("from the submission to the end of the last trial", Text($"{taken.TotalSeconds:f1} s, {taken.TotalSeconds / ideal:f3} of the ideal {ideal:f1} s")),
            ("trials that are complete and have a value", Text($"{complete}")),
            ("processor time of each trial", Text($"{used.TotalMilliseconds / trials:f2} ms")),
            ("first page of its trials, all of them", Text($"{listed.TotalMilliseconds:f0} ms ({page.Count}), {read.TotalMilliseconds:f0} ms")),
            ("most memory of the process", Text($"{Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0:f0} MiB")));
    }

    /// <summary>Its last page tells as long as it is not there or not settled, so that a look costs nothing.</summary>
    private static async Task<bool> IsSettledAsync(BlobArchive archive, string id, int trials, CancellationToken cancellation) =>
        await archive.SweepTrialsAsync(id, (trials - 1)..trials, cancellation) is [var last] && last.Status.IsSettled()
        && (await archive.SweepTrialsAsync(id, cancellation)).All(trial => trial.Status.IsSettled());

    private static Dictionary<string, double> Point(double rate) => new() { ["backtracking.generator.learning_rate"] = rate };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Spec(int trials, int concurrent) => $$"""
        name: short
        teacher: {{Teacher}}
        checkpoints: { every: 1000, keep: 1 }
        hardware: { device: cpu, threads: 1 }
        search:
          sampler: random
          trials: {{trials}}
          max_concurrent: {{concurrent}}
          space:
            backtracking.generator.learning_rate: { low: 1.0e-4, high: 1.0e-2, log: true }
        """;
}
