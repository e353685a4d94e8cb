using System.CommandLine;
using System.Globalization;
using static TorchSharp.torch;

namespace DisBack.Benchmarks;

/// <summary>Resident memory over many steps: its slope by least squares after a warm-up, and the number of live tensors.</summary>
internal static class MemoryBenchmark
{
    public static Command Create()
    {
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 10_000, Description = "Training steps." };
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 8, Description = "Images per step; memory grows with calls, not with images." };
        var command = new Command("memory", "Slope of the resident memory over training steps, and leaked tensors.") { steps, batch };
        command.SetAction(parsed => Run(parsed.GetValue(steps), parsed.GetValue(batch)));
        return command;
    }

    private static void Run(int steps, int batch)
    {
        set_num_threads(2);
        using var run = DigitsRun.Open(DigitsRun.Network, batch);
        var silence = new DigitsRun.Silence();
        List<(double Step, double MiB)> samples = [];
        long tensorsAtStart = 0, tensorsAtEnd = 0;
        var every = Math.Max(steps / 50, 1);
        for (var step = 1; step <= steps; step++)
        {
            run.Advance(silence);
            if (step % 10 == 0)
            {
                run.ReadMeasurements();
            }

            if (step % every != 0)
            {
                continue;
            }

            run.ReadMeasurements();
            GC.Collect();
            tensorsAtEnd = Tensor.TotalCount;
            if (step == every)
            {
                tensorsAtStart = tensorsAtEnd;
            }

            if (step > steps / 10)
            {
                samples.Add((step, ResidentMiB()));
            }
        }

        var (meanStep, meanMiB) = (samples.Average(sample => sample.Step), samples.Average(sample => sample.MiB));
        var slope = samples.Sum(sample => (sample.Step - meanStep) * (sample.MiB - meanMiB)) / samples.Sum(sample => Math.Pow(sample.Step - meanStep, 2));
        Figures.Print(
            $"Memory over {steps} steps of stage 2, digits network, batch {batch}",
            ("resident at the first and last reading", string.Create(CultureInfo.InvariantCulture, $"{samples[0].MiB:f1} and {samples[^1].MiB:f1} MiB")),
            ("slope", string.Create(CultureInfo.InvariantCulture, $"{1000 * slope:f3} MiB per 1,000 steps")),
            ("tensors leaked per step", string.Create(CultureInfo.InvariantCulture, $"{(double)(tensorsAtEnd - tensorsAtStart) / steps:f4}")));
    }

    private static double ResidentMiB()
    {
        var pages = File.ReadAllText("/proc/self/statm").Split(' ')[1];
        return long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize / 1048576.0;
    }
}
