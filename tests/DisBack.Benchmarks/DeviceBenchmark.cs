using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using DisBack.Diffusion;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Benchmarks;

/// <summary>
/// What a device makes of stage 2, for the digits network, its shell and a larger one. A step that is issued by the host as slowly as it is done by the device
/// is bound by the host; a run that reads its losses after every step is as fast as one that seldom does only where the device is not kept waiting.
/// </summary>
internal static class DeviceBenchmark
{
    private const int StepsPerReading = 10;

    private static readonly SongUnetSettings s_larger = new()
    {
        ImgResolution = 32,
        ImgChannels = 3,
        ModelChannels = 64,
        ChannelMult = [1, 2, 2],
        NumBlocks = 2,
        AttnResolutions = [16],
        Dropout = 0,
    };

    /// <summary>The unconditional DDPM++ of CIFAR-10 as EDM publishes it: 55,733,891 parameters.</summary>
    private static readonly SongUnetSettings s_cifar = new()
    {
        ImgResolution = 32,
        ImgChannels = 3,
        AugmentDim = 9,
        ModelChannels = 128,
        ChannelMult = [2, 2, 2],
        Dropout = 0.13,
    };

    private static readonly Dmd2Settings s_dmd2 = new() { Steps = int.MaxValue, CollapseThreshold = 0 };

    public static Command Create()
    {
        var device = new Option<string>("--device") { DefaultValueFactory = _ => "cpu", Description = "cpu, cuda or cuda:N." };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => 2, Description = "libtorch threads." };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 200, Description = "Steps of each kind." };
        var network = new Option<string>("--network")
        {
            DefaultValueFactory = _ => "digits",
            Description = "digits, hollow (as many calls, next to no arithmetic), larger, or cifar (EDM's DDPM++).",
        };
        network.AcceptOnlyFromAmong("digits", "hollow", "larger", "cifar");
        var host = new Option<string>("--host") { DefaultValueFactory = _ => "dmd", Description = "dmd or dmd2." };
        host.AcceptOnlyFromAmong("dmd", "dmd2");
        var batch = new Option<int?>("--batch") { Description = "Images in a step; 1 for the hollow network and 128 for others unless given." };
        var precision = new Option<Precision>("--precision") { Description = "Fp32, Tf32 or Bf16." };
        var target = new Option<Precision?>("--target-precision") { Description = "Fp32 or Bf16; as the other networks unless given." };
        var trials = new Option<int[]>("--trials")
        {
            AllowMultipleArgumentsPerToken = true, Description = "Instead: how many steps a second so many runs make in one process, for each number given.",
        };
        var command = new Command("device", "Steps per second of stage 2 on a device, and what bounds them.")
        {
            device, threads, steps, network, host, batch, precision, target, trials,
        };
        command.SetAction(parsed =>
        {
            set_num_threads(parsed.GetValue(threads));
            var settings = parsed.GetValue(network) switch
            {
                "digits" => DigitsRun.Network,
                "hollow" => DigitsRun.Hollow,
                "larger" => s_larger,
                _ => s_cifar,
            };
            var images = parsed.GetValue(batch) ?? (settings == DigitsRun.Hollow ? 1 : 128);
            BacktrackingSettings method = parsed.GetValue(host) == "dmd" ? DigitsRun.Settings : s_dmd2;
            var name = parsed.GetRequiredValue(device);
            var title = $"{parsed.GetValue(host)}, {parsed.GetValue(network)} network, batch {images}, {parsed.GetValue(precision)}, on {name}";
            Func<DistributionBacktracking> open = () =>
                DigitsRun.Open(settings, images, Devices.Open(name), parsed.GetValue(precision), parsed.GetValue(target), method);
            Devices.UseOwnStream(Devices.Open(name));
            if (parsed.GetValue(trials) is { Length: > 0 } counts)
            {
                Together(title, Devices.Open(name), open, counts, parsed.GetValue(steps));
            }
            else
            {
                Run(title, open, DigitsRun.Inputs(settings, Devices.Open(name)), images, parsed.GetValue(steps));
            }
        });
        return command;
    }

    /// <summary>Runs of one process on one device, each on a thread of its own, as a worker has them.</summary>
    private static void Together(string title, Device device, Func<DistributionBacktracking> open, int[] counts, int steps)
    {
        var rates = new List<(string, double)>();
        foreach (var count in counts)
        {
            using var ready = new Barrier(count + 1);
            var threads = Enumerable.Range(0, count).Select(_ => new Thread(() =>
            {
                Devices.UseOwnStream(device);
                DistributionBacktracking opened;
                using (CudaTurns.Take(device, tf32: false))
                {
                    opened = open();
                }
                using var run = opened;
                Advance(run, 3 * StepsPerReading);
                ready.SignalAndWait();
                Advance(run, steps);
                ready.SignalAndWait();
            })).ToList();
            threads.ForEach(thread => thread.Start());
            ready.SignalAndWait();
            var started = Stopwatch.GetTimestamp();
            ready.SignalAndWait();
            rates.Add(($"{count} at once", count * steps / Stopwatch.GetElapsedTime(started).TotalSeconds));
            threads.ForEach(thread => thread.Join());
        }
        Figures.Print(
            $"Runs of stage 2 in one process, {title}",
            [.. rates.Select(rate => (rate.Item1, string.Create(
                CultureInfo.InvariantCulture, $"{rate.Item2:f1} steps/s together, {rate.Item2 / rates[0].Item2:f2} times the first row")))]);

        void Advance(DistributionBacktracking run, int steps)
        {
            for (var i = 1; i <= steps; i++)
            {
                run.Advance(new DigitsRun.Silence());
                if (i % StepsPerReading == 0 || i == steps)
                {
                    using var turn = CudaTurns.Take(device, tf32: false);
                    run.ReadMeasurements();
                }
            }
        }
    }

    private static void Run(string title, Func<DistributionBacktracking> open, StageInputs inputs, int batch, int steps)
    {
        using var run = open();
        using var student = inputs.OpenStudent();
        using var teacher = inputs.OpenTeacher();
        var draws = inputs.DrawsFor("benchmark", teacher, student);
        Steps(Math.Max(2, steps / 10), StepsPerReading);
        var seldom = Steps(steps, StepsPerReading);
        var always = Steps(steps, 1);
        List<double> issued = [], done = [], drawn = [];
        for (var i = 0; i < Math.Max(3, steps / 10); i++)
        {
            var started = Stopwatch.GetTimestamp();
            run.Advance(new DigitsRun.Silence());
            issued.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            run.ReadMeasurements();
            done.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);

            started = Stopwatch.GetTimestamp();
            using var scope = NewDisposeScope();
            draws.At(i, DigitsRun.Settings.Noise, batch);
            drawn.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        Figures.Print(
            $"Stage 2, {title} (times: minimum / median / maximum)",
            ($"losses read every {StepsPerReading} steps", PerSecond(seldom)),
            ("losses read after every step", PerSecond(always)),
            ("a step, issued by the host", Figures.Spread(issued)),
            ("a step, done by the device", Figures.Spread(done)),
            ("its draws, made and sent", Figures.Spread(drawn)));

        double Steps(int count, int reading)
        {
            run.ReadMeasurements();
            var started = Stopwatch.GetTimestamp();
            for (var i = 1; i <= count; i++)
            {
                run.Advance(new DigitsRun.Silence());
                if (i % reading == 0)
                {
                    run.ReadMeasurements();
                }
            }

            run.ReadMeasurements();
            return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        static string PerSecond(double rate) => string.Create(CultureInfo.InvariantCulture, $"{rate:f1} steps/s");
    }
}
