using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Sweeps;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;
using DisBack.TestKit;
using DisBack.TestKit.Services;

namespace DisBack.Benchmarks;

/// <summary>
/// How many trials a second a sweep keeps account of, durably: each is proposed, reports one value and is complete. Beside it Optuna with its journal file.
/// Neither trains anything, and the runs behind trials, with their documents, leases and checkpoints, are what <see cref="SweepBenchmark"/> measures.
/// </summary>
internal static class LifeCycleBenchmark
{
    private const string Sweep = "lives-00000000";

    public static Command Create()
    {
        var trials = new Option<int>("--trials") { DefaultValueFactory = _ => 2_000, Description = "Trials of each sweep." };
        var concurrent = new Option<int>("--max-concurrent") { DefaultValueFactory = _ => 16, Description = "How many are under way at a time." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5, Description = "How often each is measured, in turns." };
        var python = new Option<string>("--python") { DefaultValueFactory = _ => "python3", Description = "A Python that may have Optuna." };
        var azurite = new Option<bool>("--azurite") { Description = "Also in Azurite." };
        var command = new Command("lifecycle", "Durable trials a second, beside Optuna.") { trials, concurrent, rounds, python, azurite };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(trials),
            parsed.GetValue(concurrent),
            parsed.GetValue(rounds),
            parsed.GetValue(python)!,
            parsed.GetValue(azurite),
            cancellation));
        return command;
    }

    private static async Task RunAsync(int trials, int concurrent, int rounds, string python, bool withAzurite, CancellationToken cancellation)
    {
        await using var azurite = new Azurite();
        // Kept to the end: the file system is slow to give files to whoever has just deleted many.
        using var folder = new TemporaryFolder();
        List<double> folders = [], azure = [], optuna = [], optunaThreads = [];
        for (var round = 0; round < rounds; round++)
        {
            folders.Add(await RateAsync(new FolderBlobStore(Path.Combine(folder.Path, $"data-{round}")), trials, concurrent, cancellation));
            if (withAzurite)
            {
                azure.Add(await RateAsync(await azurite.NewStoreAsync(), trials, concurrent, cancellation));
            }
            optuna.AddRange(await OptunaAsync(python, Path.Combine(folder.Path, $"one-{round}.log"), trials, jobs: 1));
            optunaThreads.AddRange(await OptunaAsync(python, Path.Combine(folder.Path, $"many-{round}.log"), trials, jobs: concurrent));
        }
        var rows = new List<(string, string)> { ("folder", Spread(folders)) };
        if (withAzurite)
        {
            rows.Add(("Azurite", Spread(azure)));
        }
        if (optuna.Count == 0)
        {
            rows.Add(("Optuna", $"{python} has none"));
        }
        else
        {
            rows.Add(("Optuna, journal file", Spread(optuna)));
            rows.Add(($"Optuna, journal file, {concurrent} threads", Spread(optunaThreads)));
            var best = Math.Max(Figures.Quantile(optuna, 0.5), Figures.Quantile(optunaThreads, 0.5));
            rows.Add(("folder beside the faster of the two", string.Create(CultureInfo.InvariantCulture, $"{Figures.Quantile(folders, 0.5) / best:f1} times")));
        }
        Figures.Print($"Durable trials a second, {trials} of them, {concurrent} at a time (minimum / median / maximum)", [.. rows]);
    }

    private static async Task<double> RateAsync(IBlobStore blobs, int trials, int concurrent, CancellationToken cancellation)
    {
        await blobs.InitializeAsync(cancellation);
        var spec = SweepPlan.Parse(Spec(trials, concurrent), "sweep.yaml").Canonical;
        var search = await SweepSearch.OpenAsync(new SweepDocument { Id = Sweep, Name = "lives", Spec = spec, TrialCount = trials }, blobs);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            await search.ProposeAsync(DateTimeOffset.UtcNow);
            SweepTrial[] underWay = [.. search.UnderWay];
            if (underWay.Length == 0)
            {
                return trials / Stopwatch.GetElapsedTime(started).TotalSeconds;
            }
            await Task.WhenAll(underWay.Select(trial => ReportAsync(blobs, trial, cancellation)));
            foreach (var trial in underWay)
            {
                search.Summarize(new TrialSummary
                {
                    Id = GrainKeys.Trial(Sweep, trial.Ordinal),
                    Status = RunStatus.Completed,
                    Updated = DateTimeOffset.UtcNow,
                    Latest = ImmutableSortedDictionary<string, double>.Empty.Add(MetricNames.Fid, trial.Point.Values.Single()),
                });
            }
            await search.FlushAsync();
        }
    }

    /// <summary>What the trial measures is durable before anybody hears that it is complete.</summary>
    private static async Task ReportAsync(IBlobStore blobs, SweepTrial trial, CancellationToken cancellation)
    {
        var run = GrainKeys.Metrics(RunKind.Backtracking, GrainKeys.Trial(Sweep, trial.Ordinal));
        await using var metrics = new MetricWriter(blobs, run, attempt: 1, resumedAt: 0);
        metrics.Add(new MetricPoint(1, MetricNames.Fid, (float)trial.Point.Values.Single(), DateTimeOffset.UtcNow));
        await metrics.FlushAsync(cancellation);
    }

    private static async Task<double[]> OptunaAsync(string python, string journal, int trials, int jobs)
    {
        var start = new ProcessStartInfo(
            python, [Path.Combine(AppContext.BaseDirectory, "optuna_life.py"), journal, $"{trials}", $"{jobs}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var ignored = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        await ignored;
        return process.ExitCode == 0 ? [double.Parse(output, CultureInfo.InvariantCulture)] : [];
    }

    private static string Spread(IReadOnlyList<double> rates) => Figures.Spread(rates, perSecond: 1, unit: "a second");

    private static string Spec(int trials, int concurrent) => $$"""
        name: lives
        teacher: digits
        search:
          sampler: random
          trials: {{trials}}
          max_concurrent: {{concurrent}}
          space:
            backtracking.generator.learning_rate: { low: 1.0e-4, high: 1.0e-2, log: true }
        """;
}
