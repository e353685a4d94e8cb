using System.CommandLine;
using System.Diagnostics;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Distillation;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using DisBack.TestKit.Silos;
using TorchSharp;

namespace DisBack.Benchmarks;

/// <summary>The same run by one worker and by two in turns, in a cluster of real processes with one thread each: what the second one brings.</summary>
internal static class WorkersBenchmark
{
    /// <summary>Before them networks are loaded and memory is taken.</summary>
    private const int FirstSteps = 4;

    public static Command Create()
    {
        var channels = new Option<int>("--channels") { DefaultValueFactory = _ => 64, Description = "Channels of the network, for images of 32 x 32." };
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 16, Description = "Samples of a step." };
        var steps = new Option<int>("--steps") { DefaultValueFactory = _ => 12, Description = "Measured steps of each run." };
        var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 3, Description = "Runs of each kind." };
        var command = new Command("workers", "Steps per second of a run by one worker and by two.") { channels, batch, steps, runs };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(channels), parsed.GetValue(batch), parsed.GetValue(steps), parsed.GetValue(runs), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(int channels, int batch, int steps, int runs, CancellationToken cancellation)
    {
        var network = new SongUnetSettings
        {
            ImgResolution = 32, ImgChannels = 1, ModelChannels = channels, ChannelMult = [1, 2, 2], NumBlocks = 2, AttnResolutions = [], Dropout = 0,
        };
        await using var cluster = await TestCluster.StartAsync(new() { Workers = 2 });
        var teacher = await PutTeacherAsync(cluster, network);
        Dictionary<int, List<double>> seconds = new() { [1] = [], [2] = [] };
        for (var run = 0; run < runs; run++)
        {
            foreach (var (workers, took) in seconds)
            {
                took.Add(await SecondsOfStepAsync(cluster, Spec($"workers-{workers}-{run}", teacher, batch, steps, workers), teacher, steps, cancellation));
            }
        }
        Figures.Print(
            $"a step of dmd2 on {network.Size.Parameters / 1e6:f1} M parameters, batch {batch}",
            ("one worker", Figures.Spread(seconds[1])),
            ("two workers", Figures.Spread(seconds[2])),
            ("one takes as long as two times", Figures.Spread([.. seconds[1].Zip(seconds[2], (one, two) => one / two)], 1, "")));
        return 0;
    }

    private static async Task<double> SecondsOfStepAsync(
        TestCluster cluster, ExperimentSpec spec, ContentRef teacher, int steps, CancellationToken cancellation)
    {
        var trial = cluster.Grains.GetGrain<ITrialGrain>(await cluster.Control.SubmitAsync(spec, teacher, cancellation));
        var (first, began) = (0L, 0L);
        await TestCluster.UntilAsync(trial, Began, cancellation);
        var last = await TestCluster.UntilAsync(trial, update => update.Progress.Step >= first + steps, cancellation);
        var took = Stopwatch.GetElapsedTime(began).TotalSeconds / (last.Progress.Step - first);
        await trial.CancelAsync();
        await TestCluster.UntilAsync(trial, update => update.Status.IsSettled(), cancellation);
        return took;

        bool Began(RunUpdate update)
        {
            (first, began) = (update.Progress.Step, Stopwatch.GetTimestamp());
            return update.Progress.Stage == "backtracking" && first >= FirstSteps;
        }
    }

    private static async Task<ContentRef> PutTeacherAsync(TestCluster cluster, SongUnetSettings network)
    {
        using var scope = torch.NewDisposeScope();
        using var init = new torch.Generator(7);
        using var teacher = Denoiser.Create(network, init);
        using var file = new MemoryStream();
        SafetensorsFile.Write(file, NetworkFile.TensorsOf(teacher), NetworkMetadata.Of(network));
        return await cluster.Contents.PutAsync(BinaryData.FromBytes(file.ToArray()));
    }

    private static ExperimentSpec Spec(string name, ContentRef teacher, int batch, int steps, int workers) => new()
    {
        Name = name,
        Teacher = teacher.Digest,
        Recording = new RecordingSettings { Steps = 0 },
        Backtracking = new Dmd2Settings
        {
            Steps = 100 * (FirstSteps + steps),
            Batch = batch,
            FakeUpdatesPerGeneratorUpdate = 1,
            GeneratorGanWeight = 0,
            FakeGanWeight = 0,
            Switching = new Never(),
            CollapseThreshold = 0,
        },
        Checkpoints = new CheckpointSettings { Every = 100_000 },
        Evaluation = new() { Features = "none" },
        Hardware = new HardwareSettings { Threads = 1, Workers = workers > 1 ? workers : null },
    };
}
