using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests;

/// <summary>An 8x8 conditional network that takes milliseconds per step, and the runs on it.</summary>
internal static class TinyNetwork
{
    public static readonly SongUnetSettings Settings = new()
    {
        ImgResolution = 8,
        ImgChannels = 1,
        LabelDim = 3,
        ModelChannels = 8,
        ChannelMult = [1, 2],
        NumBlocks = 1,
        AttnResolutions = [4],
        Dropout = 0,
    };

    public static Denoiser Open()
    {
        using var init = new RandomStreams(7).For("tiny");
        return Denoiser.Create(Settings, init);
    }

    /// <summary>A network that computes something, for a fresh one returns next to nothing but its input; in evaluation mode.</summary>
    public static Denoiser Moved(long seed)
    {
        using var init = new RandomStreams(seed).For("network");
        var network = Denoiser.Create(Settings, init);
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        foreach (var weights in network.parameters())
        {
            weights.add_(randn(weights.shape, generator: init) * 0.1);
        }
        network.eval();
        return network;
    }

    public static DegradationRecording Recording(RecordingSettings settings, long seed = 1) => new(Inputs(seed), settings);

    public static DistributionBacktracking Backtracking(BacktrackingSettings settings, ITrajectoryNodes nodes, long seed = 1, RealImages? data = null) =>
        new(Inputs(seed), nodes, settings, data: data);

    /// <summary>The network as teacher, and a clone of it as the student, of one step unless further levels are given.</summary>
    public static StageInputs Inputs(
        long seed = 1, Device? device = null, Precision precision = Precision.Fp32, IReadOnlyList<double>? renoiseSigmas = null)
    {
        return new StageInputs(OpenThere, OpenStudent, new RandomStreams(seed), device ?? CPU) { Precision = precision };

        DenoiserGenerator OpenStudent() => new(OpenThere(), 2.5, renoiseSigmas);

        Denoiser OpenThere()
        {
            var network = Open().to(device ?? CPU);
            network.Precision = precision;
            return network;
        }
    }

    /// <summary>Records a short trajectory into memory.</summary>
    public static MemoryNodes Trajectory(RecordingSettings settings, Device? device = null)
    {
        var nodes = new MemoryNodes(() => Open().to(device ?? CPU));
        using var run = Recording(settings);
        TrainingLoop.Run(run, new CheckpointSettings { Every = 1000 }, nodes, CancellationToken.None);
        return nodes;
    }
}
