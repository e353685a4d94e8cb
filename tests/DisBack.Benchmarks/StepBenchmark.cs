using System.CommandLine;
using System.Diagnostics;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using DisBack.Diffusion.Randomness;
using static TorchSharp.torch;

namespace DisBack.Benchmarks;

/// <summary>
/// Where the time of a training step goes. What is not libtorch's arithmetic is bounded from above by the step of a hollow network: as many
/// calls into libtorch, next to no arithmetic. The optimizer's share is measured on the same buffers, interleaved with whole steps.
/// </summary>
internal static class StepBenchmark
{
    public static Command Create()
    {
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 30, Description = "Steps of each kind." };
        var command = new Command("step", "Share of libtorch, of the optimizer, EMA and clipping in a step of the digits network.") { steps };
        command.SetAction(parsed => Run(parsed.GetValue(steps)));
        return command;
    }

    private static void Run(int steps)
    {
        set_num_threads(2);
        using var run = DigitsRun.Open(DigitsRun.Network, 128);
        using var hollow = DigitsRun.Open(DigitsRun.Hollow, 1);
        using var update = new Update();
        var silence = new DigitsRun.Silence();
        List<double> whole = [], shell = [], updates = [];
        for (var i = -5; i < steps; i++)
        {
            var (a, b, c) = (Time(() => run.Advance(silence)), Time(() => hollow.Advance(silence)), Time(update.Run));
            run.ReadMeasurements();
            hollow.ReadMeasurements();
            if (i < 0)
            {
                continue;
            }

            whole.Add(a);
            shell.Add(b);
            updates.Add(c);
        }

        double Median(List<double> of) => Figures.Quantile(of, 0.5);
        Figures.Print(
            "Training step of stage 2, digits network, batch 128, 2 threads (minimum / median / maximum)",
            ("whole step", Figures.Spread(whole)),
            ("the same calls without arithmetic", Figures.Spread(shell)),
            ("libtorch's arithmetic, at least", $"{100 * (1 - Median(shell) / Median(whole)):f1} % of the step"),
            ("two optimizer updates, EMA, clipping", Figures.Spread(updates)),
            ("their share", $"{100 * Median(updates) / Median(whole):f2} % of the step"));
    }

    private static double Time(Action action)
    {
        var started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>What one iteration does beyond gradients: the generator's update with clipping and EMA, and the fake score's update.</summary>
    private sealed class Update : IDisposable
    {
        private readonly Denoiser _network;
        private readonly ParameterGroups _parameters;
        private readonly FlatAdam _adam;
        private readonly MovingAverage _ema;

        public Update()
        {
            using var init = new RandomStreams(0).For("benchmark");
            _network = Denoiser.Create(DigitsRun.Network, init);
            _parameters = ParameterGroups.Attach(_network, trained: true);
            _adam = new FlatAdam(_parameters, 0.9, 0.999, 1e-8);
            _ema = new MovingAverage(_parameters);
            using var generator = new RandomStreams(0).For("gradient");
            var gradients = _parameters.Trained[0].Gradients!;
            using var gradient = randn(gradients.shape, generator: generator);
            gradients.copy_(gradient);
        }

        public void Run()
        {
            Step();
            _ema.Update(0.999);
            Step();

            void Step()
            {
                _parameters.CleanGradients();
                ParameterGroups.ClipGradients(10, _parameters);
                _adam.Step(1e-6);
            }
        }

        public void Dispose()
        {
            _ema.Dispose();
            _adam.Dispose();
            _parameters.Dispose();
            _network.Dispose();
        }
    }
}
