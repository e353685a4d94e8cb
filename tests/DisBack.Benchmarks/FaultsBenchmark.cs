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
        var list = new Option<bool>("--list") { Description = "Shows the schedule and does nothing." };
        var command = new Command(
            "faults",
            "A fault soak: kills, freezes, partitions, damaged bytes and failing services, one over the other, while "
                + "trials keep coming.") { seed, count, from, membership, list };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (chosen, faults, first, kind) = (parsed.GetValue(seed), parsed.GetValue(count), parsed.GetValue(from), parsed.GetValue(membership));
            if (parsed.GetValue(list))
            {
                foreach (var fault in FaultSchedule.Create(chosen, faults).Skip(first))
                {
                    Console.WriteLine(fault);
                }
                return 0;
            }
            var report = await FaultSoak.RunAsync(chosen, faults, line => Console.WriteLine($"{DateTimeOffset.UtcNow:HH:mm:ss.f} {line}"), first, kind);
            Console.WriteLine(report);
            if (report.Failures.Count == 0)
            {
                return 0;
            }
            Console.WriteLine(
                $"Replay: dotnet run -c Release --project tests/DisBack.Benchmarks -- faults --seed {chosen} --count {faults} --membership {kind}");
            return 1;
        });
        return command;
    }
}
