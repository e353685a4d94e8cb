using System.CommandLine;
using System.Diagnostics;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using static TorchSharp.torch;

namespace DisBack.Benchmarks;

/// <summary>
/// What a step costs under each policy, as a ratio to the plain one: recording every so many steps, and switching at a fixed interval. Nothing is recorded and
/// no target reached on the way, so it is the looking that is measured.
/// </summary>
internal static class PolicyBenchmark
{
    private const int Batch = 128;
    private const double Unreachable = 10;

    private static readonly (string Name, RecordingSettings Settings)[] s_recordings =
    [
        ("every", new() { Nodes = new EveryInterval { Interval = int.MaxValue } }),
        ("log-spaced", new() { Nodes = new LogSpaced { First = int.MaxValue } }),
        ("moved", new() { Nodes = new WhenMoved { Distance = Unreachable } }),
        ("changed", new() { Nodes = new WhenChanged { Distance = Unreachable } }),
        ("every, until_plateau", new() { Nodes = new EveryInterval { Interval = int.MaxValue }, UntilPlateau = new() { Window = 1_000_000 } }),
        ("every, until_calibrated", new() { Nodes = new EveryInterval { Interval = int.MaxValue }, UntilCalibrated = new() { Enough = 1, Least = 1 } }),
    ];

    private static readonly (string Name, SwitchingPolicy Policy)[] s_switchings =
    [
        ("fixed", new FixedInterval { Interval = int.MaxValue }),
        ("plateau", new Plateau { Patience = int.MaxValue }),
        ("score-gap", new ScoreGap { Ratio = 0, AtMost = int.MaxValue }),
        ("node-gap", new NodeGap { Ratio = 0, AtMost = int.MaxValue }),
        ("calibrated", new Calibrated { Least = 1 }),
        ("interpolated", new Interpolated { Interval = int.MaxValue }),
        ("never", new Never()),
    ];

    public static Command Create()
    {
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 20, Description = "Steps of a policy in each round." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "Rounds, in each of which every policy has its turn." };
        var command = new Command("policies", "What a step costs under each policy of recording and of switching.") { steps, rounds };
        command.SetAction(parsed => Run(parsed.GetValue(steps), parsed.GetValue(rounds)));
        return command;
    }

    private static void Run(int steps, int rounds)
    {
        set_num_threads(2);
        Compare("Stage 1, against every", steps, rounds, s_recordings.Select(policy => (policy.Name, (ITrainingRun)new DegradationRecording(
            DigitsRun.Inputs(DigitsRun.Network), policy.Settings with { Steps = int.MaxValue, Batch = Batch }, DigitsRun.Settings.Signal))));
        Compare("Stage 2 with the host dmd, against fixed", steps, rounds, s_switchings.Select(policy =>
        {
            var inputs = DigitsRun.Inputs(DigitsRun.Network);
            return (policy.Name, (ITrainingRun)new DistributionBacktracking(
                inputs, new DigitsRun.Alike(3, inputs.OpenTeacher), DigitsRun.Settings with { Batch = Batch, Switching = policy.Policy }));
        }));
    }

    private static void Compare(string title, int steps, int rounds, IEnumerable<(string Name, ITrainingRun Run)> runs)
    {
        var silence = new DigitsRun.Silence();
        (string Name, ITrainingRun Run, List<double> Ratios)[] policies = [.. runs.Select(run => (run.Name, run.Run, new List<double>()))];
        foreach (var (_, run, _) in policies)
        {
            run.Begin(silence);
            Time(run, 5);
        }
        for (var round = 0; round < rounds; round++)
        {
            var plain = Time(policies[0].Run, steps);
            foreach (var (_, run, ratios) in policies)
            {
                ratios.Add(Time(run, steps) / plain);
            }
        }
        Figures.Print(
            $"{title}: time of a step, digits network, batch {Batch}, 2 threads (minimum / median / maximum of {rounds} rounds)",
            [.. policies.Select(policy => (policy.Name, Figures.Spread(policy.Ratios, 1, "times")))]);
        foreach (var (_, run, _) in policies)
        {
            run.Dispose();
        }

        double Time(ITrainingRun run, int count)
        {
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < count; i++)
            {
                run.Advance(silence);
            }
            run.ReadMeasurements();
            return Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
    }
}
