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

    public static DegradationRecording Recording(RecordingSettings settings, long seed = 1) => new(Inputs(seed), settings);

    public static DistributionBacktracking Backtracking(BacktrackingSettings settings, ITrajectoryNodes nodes, long seed = 1, RealImages? data = null) =>
        new(Inputs(seed), nodes, settings, data: data);

    /// <summary>The network as teacher, and a clone of it as the student.</summary>
    public static StageInputs Inputs(long seed = 1, Device? device = null, Precision precision = Precision.Fp32)
    {
        return new StageInputs(OpenThere, () => new DenoiserGenerator(OpenThere(), 2.5), new RandomStreams(seed), device ?? CPU) { Precision = precision };

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
