using System.CommandLine;
using DisBack.TestKit.Soak;

namespace DisBack.Benchmarks;

/// <summary>Seeded faults of all kinds on a whole cluster: every student must be that of the run without faults, byte for byte.</summary>
internal static class FaultsBenchmark
{
    public static Command Create()
    {
        var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1, Description = "Seed of the schedule; the same seed is the same schedule." };
        var count = new Option<int>("--count") { DefaultValueFactory = _ => 1000, Description = "How many faults." };
        var from = new Option<int>("--from")
        {
            DefaultValueFactory = _ => 0,
            Description = "Leaves out the faults before this one, to come sooner to the one that found something.",
        };
        var membership = Memberships.Option();
        var lanes = new Option<int>("--lanes") { DefaultValueFactory = _ => 4, Description = "How many single trials are under way at a time." };
        var sweep = new Option<int>("--sweep")
        {
            DefaultValueFactory = _ => 0,
            Description = "Trials of a sweep that learns and must come to the same trials as without faults; the next follows when it has settled. 0 is none.",
        };
        var steps = new Option<int>("--sweep-steps") { DefaultValueFactory = _ => 90, Description = "Steps of each trial of a sweep." };
        var concurrent = new Option<int>("--max-concurrent")
        {
            DefaultValueFactory = _ => 4,
            Description = "How many trials of a sweep are under way at a time, at most.",
        };
        var list = new Option<bool>("--list") { Description = "Shows the schedule and does nothing." };
        var command = new Command(
            "faults",
            "A fault soak: kills, freezes, partitions, damaged bytes and failing services, one over the other, while "
                + "trials keep coming.") { seed, count, from, membership, lanes, sweep, steps, concurrent, list };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new SoakOptions(parsed.GetValue(seed), parsed.GetValue(count))
            {
                From = parsed.GetValue(from),
                Membership = parsed.GetValue(membership),
                Lanes = parsed.GetValue(lanes),
                SweepTrials = parsed.GetValue(sweep),
                SweepSteps = parsed.GetValue(steps),
                MaxConcurrent = parsed.GetValue(concurrent),
            };
            if (parsed.GetValue(list))
            {
                foreach (var fault in FaultSchedule.Create(options.Seed, options.Count).Skip(options.From))
                {
                    Console.WriteLine(fault);
                }
                return 0;
            }
            var report = await FaultSoak.RunAsync(options, line => Console.WriteLine($"{DateTimeOffset.UtcNow:HH:mm:ss.f} {line}"));
            Console.WriteLine(report);
            if (report.Failures.Count == 0)
            {
                return 0;
            }
            Console.WriteLine($"Replay: {options.Replay}");
            return 1;
        });
        return command;
    }
}
