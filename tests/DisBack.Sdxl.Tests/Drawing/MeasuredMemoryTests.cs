using System.Diagnostics;
using System.Globalization;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Drawing;
using DisBack.Sdxl.Models;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Drawing;

/// <summary>The plan agrees with the peak of a process that draws, which does nothing else; what a runtime takes differs among machines.</summary>
[Trait("Length", "Long")]
public sealed class MeasuredMemoryTests
{
    private const string Case = "DISBACK_TEST_MEMORY", Result = "DISBACK_TEST_MEMORY_RESULT";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("512 768 4 7")]
    [InlineData("768 768 1 1")]
    public async Task The_peak_of_a_process_is_within_a_tenth_of_the_plan(string drawing)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Peaks are read from /proc.");
        var result = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var start = new ProcessStartInfo("dotnet")
            {
                ArgumentList = {
                    typeof(MeasuredMemoryTests).Assembly.Location, "-explicit", "only", "-method", $"{typeof(MeasuredMemoryTests)}.{nameof(Draw)}"
                },
                Environment = { [Case] = drawing, [Result] = result, ["MALLOC_MMAP_THRESHOLD_"] = "65536" },
                RedirectStandardOutput = true,
            };
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation);

            Assert.True(File.Exists(result), output);
            foreach (var line in await File.ReadAllLinesAsync(result, Cancellation))
            {
                var (planned, measured) = line.Split(' ') is [_, var first, var second] ? (long.Parse(first, null), long.Parse(second, null)) : default;
                Assert.True(Math.Abs((double)planned / measured - 1) < 0.1, line);
            }
        }
        finally
        {
            File.Delete(result);
        }
    }

    /// <summary>
    /// What the process does. Its C library is told to give the memory of freed tensors back at once: how much it keeps depends on the order of all allocations.
    /// </summary>
    [Fact(Explicit = true)]
    public void Draw()
    {
        var numbers = Environment.GetEnvironmentVariable(Case)!.Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        var request = new PictureRequest
        {
            Prompts = ["a dog"],
            Height = numbers[0],
            Width = numbers[1],
            Count = numbers[2],
            Batch = numbers[2],
            Sampling = new SamplingPlan.Teacher(1, numbers[3]),
        };
        using var model = new TextToImage(new(ModelFolder.Open(OracleFiles.PathOf("sdxl", "mini"))), new(CPU, ScalarType.Float32));
        var plan = model.Plan(request);
        var peaks = new Dictionary<DrawingPhase, long>();
        foreach (var picture in model.Draw(request, Tell, Cancellation))
        {
            picture.Dispose();
        }
        // Sampling is told of when it is done, so its peak is in what begins with the denoiser's loading.
        File.WriteAllLines(Environment.GetEnvironmentVariable(Result)!, [
            $"sampling {plan.Phases[2].Bytes} {peaks[DrawingPhase.Sampling]}", $"decoding {plan.Phases[3].Bytes} {peaks[DrawingPhase.Decoding]}"]);

        void Tell(DrawingProgress progress)
        {
            var isOver = progress.Done == progress.Of;
            if (isOver && progress.Phase is DrawingPhase.Sampling or DrawingPhase.Decoding)
            {
                peaks[progress.Phase] = Peak();
            }
            if (progress.Done == 0)
            {
                File.WriteAllText("/proc/self/clear_refs", "5");
            }
        }
    }

    /// <summary>A line "VmHWM:   1234 kB".</summary>
    private static long Peak()
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
