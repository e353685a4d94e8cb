using System.CommandLine;
using System.Diagnostics;
using DisBack.Diffusion;
using DisBack.Diffusion.Files;
using DisBack.Orchestration.Training;
using static TorchSharp.torch;

namespace DisBack.Benchmarks;

/// <summary>
/// How long a checkpoint stops the training thread: what it waits for the copy into staging buffers, before a step that only reads and after it, against
/// writing the same state while training waits. The step itself is timed with and without a copy beside it.
/// </summary>
internal static class StallBenchmark
{
    public static Command Create()
    {
        var mebibytes = new Option<int>("--mib") { DefaultValueFactory = _ => 256, Description = "Size of the state." };
        var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 15, Description = "Checkpoints of each kind." };
        var folder = new Option<string>("--folder") { DefaultValueFactory = _ => Path.GetTempPath(), Description = "Where the blocking write goes." };
        var device = new Option<string>("--device") { DefaultValueFactory = _ => "cpu", Description = "Where the state lives: cpu, cuda or cuda:N." };
        var command = new Command("stall", "Checkpoint stall of the training thread against a plain blocking write.") { mebibytes, rounds, folder, device };
        command.SetAction(parsed => Run(parsed.GetValue(mebibytes), parsed.GetValue(rounds), parsed.GetRequiredValue(folder), parsed.GetRequiredValue(device)));
        return command;
    }

    private static void Run(int mebibytes, int rounds, string folder, string device)
    {
        set_num_threads(2);
        // Seven flat buffers, as in a checkpoint of stage 2.
        var state = Enumerable.Range(0, 7).Select(i => ($"buffer{i}", ones((long)mebibytes * 1048576 / 4 / 7, device: Devices.Open(device)))).ToList();
        using var staging = new StagingBuffers();
        var path = Path.Combine(folder, $"disback-stall-{Environment.ProcessId}.safetensors");
        using var run = DigitsRun.Open(DigitsRun.Network, DigitsRun.Settings.Batch, Devices.Open(device));
        var listener = new DigitsRun.Silence();
        List<double> stalls = [], writes = [], steps = [], stepsBeside = [];
        try
        {
            for (var round = -1; round < rounds; round++)
            {
                var step = Seconds(Step);
                StagedState staged = null!;
                var stall = Seconds(() => staged = staging.Copy(state, CancellationToken.None));
                var stepBeside = Seconds(Step);
                stall += Seconds(staged.Wait);
                staging.Release();

                var write = Seconds(() => SafetensorsFile.Write(path, state));
                if (round >= 0)
                {
                    stalls.Add(stall);
                    writes.Add(write);
                    steps.Add(step);
                    stepsBeside.Add(stepBeside);
                }
            }
        }
        finally
        {
            File.Delete(path);
        }

        Figures.Print(
            $"A checkpoint of {mebibytes} MiB on {device} (minimum / median / maximum of {rounds})",
            ("stall of the training thread", Figures.Spread(stalls)),
            ("a step of the digits run alone", Figures.Spread(steps)),
            ("the step beside the copy", Figures.Spread(stepsBeside)),
            ("plain blocking write with fsync", Figures.Spread(writes)),
            ("ratio of the medians", $"{Figures.Quantile(writes, 0.5) / Figures.Quantile(stalls, 0.5):f0}"));
        state.ForEach(tensor => tensor.Item2.Dispose());

        void Step()
        {
            run.Advance(listener);
            // Waits for the device.
            run.ReadMeasurements();
        }

        static double Seconds(Action work)
        {
            var started = Stopwatch.GetTimestamp();
            work();
            return Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
    }
}
