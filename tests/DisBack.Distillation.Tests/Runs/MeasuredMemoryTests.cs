using System.Diagnostics;
using System.Globalization;
using DisBack.Diffusion;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Runs;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>
/// What a run is said to need agrees with the peak of a process that trains SDXL's miniature, in latents so large that activations count and weights do not.
/// </summary>
[Trait("Length", "Long")]
public sealed class MeasuredMemoryTests
{
    private const string Case = "DISBACK_TEST_MEMORY", Result = "DISBACK_TEST_MEMORY_RESULT";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("batch: 8", "")]
    [InlineData("batch: 32", "checkpoint_activations: true")]
    [InlineData("batch: 24, accumulate: 3", "")]
    [InlineData("batch: 8", "precision: bf16")]
    public async Task The_peak_of_a_process_is_within_a_tenth_of_what_it_is_said_to_need(string backtracking, string hardware)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Peaks are read from /proc.");
        var result = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var start = new ProcessStartInfo("dotnet")
            {
                ArgumentList = {
                    typeof(MeasuredMemoryTests).Assembly.Location, "-explicit", "only", "-method", $"{typeof(MeasuredMemoryTests)}.{nameof(Train)}"
                },
                Environment = { [Case] = $"{backtracking}|{hardware}", [Result] = result, ["MALLOC_MMAP_THRESHOLD_"] = "65536" },
                RedirectStandardOutput = true,
            };
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation);

            Assert.True(File.Exists(result), output);
            var numbers = (await File.ReadAllTextAsync(result, Cancellation)).Split(' ').Select(number => double.Parse(number, null)).ToList();
            TestContext.Current.TestOutputHelper!.WriteLine($"said {numbers[0] / 1e6:0} MB, measured {numbers[1] / 1e6:0} MB");
            Assert.InRange(numbers[0] / numbers[1], 0.9, 1.1);
        }
        finally
        {
            File.Delete(result);
        }
    }

    /// <summary>
    /// What the process does. Its C library is told to give the memory of freed tensors back at once: how much it keeps depends on the order of
    /// allocations.
    /// </summary>
    [Fact(Explicit = true)]
    public void Train()
    {
        var network = new TextUnetSettings
        {
            SampleSize = 96, Levels = [new(8, 1, 0), new(16, 2, 2), new(24, 3, 3)], MiddleDepth = 3, ContextWidth = 64, PooledWidth = 32, TimeIdWidth = 8,
            NormGroups = 4,
        };
        var settings = Environment.GetEnvironmentVariable(Case)!.Split('|');
        // In the first iteration both networks move.
        var spec = SpecReader.Parse<ExperimentSpec>(
            "{name: a, teacher: t, recording: {steps: 0}, backtracking: {host: dmd2, steps: 5, generator_gan_weight: 0, "
                + "fake_gan_weight: 0, noise: {law: scaled-linear}, "
                + $"fake_noise: {{law: scaled-linear}}, {settings[0]}}}, hardware: {{{settings[1]}}}}}",
            "memory.yaml");
        TorchThreads.Use(2);
        using var nodes = new MemoryNodes(Open);
        nodes.Reached(new RecordedNode(0, 0, 0, NetworkFile.TensorsOf(Open()), NetworkMetadata.Of(network)).ToMilestone());
        var inputs = new StageInputs(Open, () => new DenoiserGenerator(Open(), 2.5), new RandomStreams(1), CPU);
        using var run = new DistributionBacktracking(inputs, nodes, spec.Backtracking);
        run.Advance(new RecordingListener());
        File.WriteAllText(Environment.GetEnvironmentVariable(Result)!, $"{MemoryNeed.Of(spec, network).Bytes} {Peak()}");

        Denoiser Open()
        {
            using var init = new Generator(1);
            var made = Denoiser.Create(network, init);
            (made.Precision, made.CheckpointActivations) = (spec.Hardware.Precision ?? Precision.Fp32, spec.Hardware.CheckpointActivations);
            return made;
        }
    }

    /// <summary>A line "VmHWM:   1234 kB".</summary>
    private static long Peak()
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
