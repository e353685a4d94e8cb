using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using DisBack.Search.Histories;
using DisBack.Search.Samplers;
using DisBack.Search.Spaces;

namespace DisBack.Benchmarks.Samplers;

/// <summary>
/// The tree-structured Parzen estimator beside Optuna's: the best of a hundred trials on functions whose least value is known, over seeds. Then how long a
/// proposal takes after a long history, which is read anew for each.
/// </summary>
internal static class SamplersBenchmark
{
    private const int Trials = 100;
    private const int Proposals = 50;

    private static readonly SearchSpace s_eight = new(
    [
        new Parameter("real", new RealDomain(0, 1)),
        new Parameter("second real", new RealDomain(-3, 3)),
        new Parameter("log real", new RealDomain(1e-5, 0.1, Log: true)),
        new Parameter("step real", new RealDomain(0, 1, Step: 0.01)),
        new Parameter("integer", new IntegerDomain(1, 64)),
        new Parameter("wide integer", new IntegerDomain(1, 100_000)),
        new Parameter("log integer", new IntegerDomain(1, 1024, Log: true)),
        new Parameter("category", new CategoricalDomain(4)),
    ]);

    public static Command Create()
    {
        var seeds = new Option<int>("--seeds") { DefaultValueFactory = _ => 50, Description = "Sweeps of each function; 0 measures the time alone." };
        var python = new Option<string>("--python") { DefaultValueFactory = _ => "python3", Description = "A Python that may have Optuna." };
        var command = new Command("samplers", "The TPE sampler beside Optuna's on five functions, and the time of a proposal.") { seeds, python };
        command.SetAction(parsed => RunAsync(parsed.GetValue(seeds), parsed.GetValue(python)!));
        return command;
    }

    private static async Task RunAsync(int seeds, string python)
    {
        if (seeds > 0)
        {
            using var optuna = await OptunaPeer.StartAsync(python);
            await RaceAsync(seeds, optuna);
        }
        MeasureTime();
    }

    private static async Task RaceAsync(int seeds, OptunaPeer? optuna)
    {
        var rows = new List<(string, string)>();
        foreach (var function in TestFunction.All)
        {
            double[] ours = [.. Enumerable.Range(0, seeds).Select(seed => Minimize(function, seed))];
            if (optuna is null)
            {
                rows.Add((function.Name, Text($"{Figures.Quantile(ours, 0.5):G3}; no Optuna to compare with")));
                continue;
            }
            var theirs = new double[seeds];
            for (var seed = 0; seed < seeds; seed++)
            {
                theirs[seed] = await optuna.MinimizeAsync(function, Trials, seed);
            }
            var test = MannWhitney.Of(ours, theirs);
            rows.Add((function.Name, Text(
                $"{Figures.Quantile(ours, 0.5):G3} / {Figures.Quantile(theirs, 0.5):G3} / {test.TwoSided:f3} / {test.Greater:f3}")));
        }
        Figures.Print($"Best of {Trials} trials, median of {seeds} seeds: ours / Optuna's / p that they differ / p that ours is worse", [.. rows]);

        static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    private static double Minimize(TestFunction function, int seed)
    {
        var sampler = new TpeSampler { Seed = seed };
        var trials = new List<TrialRecord>();
        for (var i = 0; i < Trials; i++)
        {
            var point = sampler.Propose(function.Space, new(Direction.Minimize, trials), i);
            trials.Add(new(i, point, new CompleteOutcome(function.ValueAt(point))));
        }
        return trials.Min(trial => ((CompleteOutcome)trial.Outcome).Value);
    }

    private static void MeasureTime() => Figures.Print(
        $"A proposal of TPE for 8 parameters after a history of so many trials (minimum / median / maximum of {Proposals})",
        [.. new[] { 1_000, 10_000 }.Select(trials => ($"{trials:N0}", Figures.Spread(TimesAfter(trials))))]);

    private static List<double> TimesAfter(int trials)
    {
        var random = new Random(0);
        var none = new History(Direction.Minimize, []);
        var history = new History(Direction.Minimize, [.. Enumerable.Range(0, trials).Select(i =>
            new TrialRecord(i, new RandomSampler().Propose(s_eight, none, i), new CompleteOutcome(random.NextDouble())))]);
        var times = new List<double>();
        // The compiler optimizes while the first ones run.
        for (var i = -Proposals; i < Proposals; i++)
        {
            var started = Stopwatch.GetTimestamp();
            new TpeSampler().Propose(s_eight, history, trials + Proposals + i);
            if (i >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            }
        }
        return times;
    }
}
