using System.CommandLine;
using System.Globalization;
using System.Net;
using DisBack.Contracts.Grains;
using DisBack.Gateway;
using DisBack.Orchestration.Hosting;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Storage.Content;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>
/// A silo with a gateway in one process, as <c>disback up</c> is one, whose runs measure once a second and compute nothing; to be started by the parts that
/// need a process of its own.
/// </summary>
internal static class PacedSite
{
    public const string Name = "paced-site";

    /// <summary>Measurements are read every ten steps.</summary>
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(0.1);

    public static Command Create()
    {
        var data = new Argument<string>("data");
        var runs = new Argument<int>("runs");
        var command = new Command(Name) { data, runs };
        command.Hidden = true;
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(data)!, parsed.GetValue(runs), cancellation));
        return command;
    }

    private static string Spec => SpecJson.Canonical(
        new ExperimentSpec { Name = "paced", Teacher = "paced", Checkpoints = new() { Every = 300 }, Hardware = new() { Threads = 1 } });

    /// <summary>The ids of its runs.</summary>
    public static IReadOnlyList<string> Runs(int count) =>
        [.. Enumerable.Range(0, count).Select(run => GrainKeys.Trial(string.Create(CultureInfo.InvariantCulture, $"paced-{run:x8}"), 0))];

    private static async Task RunAsync(string data, int runs, CancellationToken cancellation)
    {
        await using var host = await EmbeddedHost.StartAsync(
            new EmbeddedOptions { DataFolder = data, Training = training => training.Devices.Add(new Accelerator(0, "cpu", "cpu", runs)) },
            new EmptyTraining(steps: 1_000_000, s_step) { Measures = true },
            cancellation);
        var teacher = await host.Services.GetRequiredService<ContentStore>().PutAsync(BinaryData.FromString("paced"), cancellation);
        foreach (var run in Runs(runs))
        {
            await host.Grains.GetGrain<ITrialGrain>(run).SubmitAsync(new TrialSubmission("paced", Spec, teacher));
        }
        await using var gateway = await EmbeddedGateway.StartAsync(
            new EmbeddedGatewayOptions(data, new IPEndPoint(IPAddress.Loopback, 0)) { Scratch = Path.Combine(data, "scratch", "gateway") },
            Task.FromResult(host.Grains),
            NullLoggerFactory.Instance,
            cancellation);
        Console.WriteLine($"{data} is served at {gateway.Address}");
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
    }
}
