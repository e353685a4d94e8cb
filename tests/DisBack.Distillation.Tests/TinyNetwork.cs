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

    /// <summary>The same with dropout, and told how an image was augmented.</summary>
    public static readonly SongUnetSettings Dropping = Settings with { Dropout = 0.3, AugmentDim = AugmentationSettings.LabelLength };

    public static Denoiser Open() => Open(Settings);

    public static Denoiser Open(SongUnetSettings settings)
    {
        using var init = new RandomStreams(7).For("tiny");
        return Denoiser.Create(settings, init);
    }

    /// <summary>A network that computes something, for a fresh one returns next to nothing but its input; in evaluation mode.</summary>
    public static Denoiser Moved(long seed, SongUnetSettings? settings = null)
    {
        using var init = new RandomStreams(seed).For("network");
        var network = Denoiser.Create(settings ?? Settings, init);
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

    public static DistributionBacktracking Backtracking(BacktrackingSettings settings, ITrajectoryNodes nodes, long seed = 1, IRealSamples? data = null) =>
        new(Inputs(seed), nodes, settings, data: data);

    /// <summary>The network as teacher, and a clone of it as the student, of one step unless further levels are given.</summary>
    public static StageInputs Inputs(
        long seed = 1,
        Device? device = null,
        Precision precision = Precision.Fp32,
        IReadOnlyList<double>? renoiseSigmas = null,
        SongUnetSettings? settings = null)
    {
        return new StageInputs(OpenThere, OpenStudent, new RandomStreams(seed), device ?? CPU) { Precision = precision };

        DenoiserGenerator OpenStudent() => new(OpenThere(), 2.5, renoiseSigmas);

        Denoiser OpenThere()
        {
            var network = Open(settings ?? Settings).to(device ?? CPU);
            network.Precision = precision;
            return network;
        }
    }

    /// <summary>Records a short trajectory into memory.</summary>
    public static MemoryNodes Trajectory(RecordingSettings settings, Device? device = null, SongUnetSettings? network = null)
    {
        var nodes = new MemoryNodes(() => Open(network ?? Settings).to(device ?? CPU));
        using var run = new DegradationRecording(Inputs(settings: network), settings);
        TrainingLoop.Run(run, new CheckpointSettings { Every = 1000 }, nodes, CancellationToken.None);
        return nodes;
    }
}
