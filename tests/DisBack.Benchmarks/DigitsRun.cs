using DisBack.Diffusion.Data;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Benchmarks;

/// <summary>Stage 2 on a network of the shipped digits teacher's shape; how it was trained does not matter for time and memory.</summary>
internal static class DigitsRun
{
    public static readonly SongUnetSettings Network = new()
    {
        ImgResolution = 14,
        ImgChannels = 1,
        LabelDim = 10,
        ModelChannels = 16,
        ChannelMult = [1, 2],
        NumBlocks = 1,
        AttnResolutions = [],
        Dropout = 0,
    };

    /// <summary>As many operations per step as <see cref="Network"/> has, with next to no arithmetic in them.</summary>
    public static readonly NetworkSettings Hollow = Network with { ImgResolution = 2, ModelChannels = 4 };

    public static readonly DmdSettings Settings = new()
    {
        Steps = int.MaxValue,
        Batch = 128,
        CollapseThreshold = 0,
        Generator = new OptimizerSettings { LearningRate = 1e-5, ClipNorm = 10 },
    };

    /// <param name="network">Of the teacher and the student.</param>
    /// <param name="batch">Images in a step.</param>
    /// <param name="device">Where it computes; null is the CPU.</param>
    /// <param name="precision">How exactly.</param>
    /// <param name="target">How exactly the target computes; null is as the others.</param>
    /// <param name="host">The host and its rates; null are <see cref="Settings"/>. One that needs real images gets the shipped digits in the network's shape.</param>
    public static DistributionBacktracking Open(
        NetworkSettings network,
        int batch,
        Device? device = null,
        Precision precision = Precision.Fp32,
        Precision? target = null,
        BacktrackingSettings? host = null)
    {
        var inputs = Inputs(network, device, precision);
        var settings = (host ?? Settings) with { Batch = batch };
        return new DistributionBacktracking(
            inputs,
            new Alike(1, Inputs(network, device, target ?? precision).OpenTeacher),
            settings,
            data: settings.NeedsData ? new RealImages(Digits(network.Shape), inputs.Streams, inputs.Device) : null);
    }

    private static ImageDataset Digits(SampleShape shape) =>
        ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits, Resolution = shape.Height, Channels = shape.Channels });

    public static StageInputs Inputs(NetworkSettings network, Device? device = null, Precision precision = Precision.Fp32)
    {
        var streams = new RandomStreams(0);
        return new StageInputs(Create, () => new DenoiserGenerator(Create(), 2.5), streams, device ?? CPU) { Precision = precision };

        Denoiser Create()
        {
            using var init = streams.For("benchmark");
            var made = Denoiser.Create(network, init).to(device ?? CPU);
            made.Precision = precision;
            return made;
        }
    }

    /// <summary>Receives nothing.</summary>
    internal sealed class Silence : ITrainingListener
    {
        public void Measured(IReadOnlyList<Measurement> measurements)
        {
        }

        public void Reached(Milestone milestone)
        {
        }

        public void ArtifactMade(string name, Action<Stream> write)
        {
        }

        public Action CheckpointDue(long step, RunState state) => () => { };
    }

    /// <summary>A trajectory of nodes that are all like the teacher; every network already has its weights.</summary>
    internal sealed class Alike(int count, Func<Denoiser> open) : ITrajectoryNodes
    {
        public int Count => count;

        public void Load(int index, Denoiser network)
        {
        }

        public BorrowedNetwork Borrow(int index) => BorrowedNetwork.Freeze(open());

        public void Prefetch(int index)
        {
        }
    }
}
