using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>Every host of the registry, at rates that move a tiny network, with every second form of those that have one.</summary>
public static class AllHosts
{
    private static readonly OptimizerSettings s_fast = new() { LearningRate = 1e-3 };

    /// <summary>Diff-Instruct with dropout and augmentation, for <see cref="TinyNetwork.Dropping"/>.</summary>
    internal static DiffInstructSettings Published { get; } = (DiffInstructSettings)Quick(new DiffInstructSettings
    {
        Steps = 7, Dropout = true, Augmentation = new() { Probability = 0.5 }, Switching = new FixedInterval { Interval = 2 },
    });

    public static TheoryData<BacktrackingSettings> Rows
    {
        get
        {
            BacktrackingSettings[] variants =
            [
                new DmdSettings { FakeUpdatesPerGeneratorUpdate = 2 },
                new Dmd2Settings { FakeUpdatesPerGeneratorUpdate = 3, Exclusive = true },
                new Dmd2Settings { GeneratorGanWeight = 0, FakeGanWeight = 0 },
                new Dmd2Settings { GanFeatures = GanFeatures.Teacher, GanR1Weight = 100 },
                new SidSettings { FakeUpdatesPerGeneratorUpdate = 2 },
                new VsdSettings { FakeRank = 2 },
            ];
            // Its student is of another kind, see FlowGeneratorTests.
            var ofEach = HostRegistry.Settings.Where(type => type != typeof(DiscriminatorFlowSettings))
                .Select(type => (BacktrackingSettings)Activator.CreateInstance(type)!);
            return [.. ofEach.Concat(variants).Select(Quick)];
        }
    }

    /// <summary>Twelve images of noise with the three classes of the tiny network.</summary>
    internal static RealImages Data(Device? device = null)
    {
        var folder = Directory.CreateTempSubdirectory("disback-hosts-").FullName;
        try
        {
            var (images, labels) = (Path.Combine(folder, "images.idx3-ubyte"), Path.Combine(folder, "labels.idx1-ubyte"));
            var pixels = new byte[12 * 8 * 8];
            new Random(5).NextBytes(pixels);
            File.WriteAllBytes(images, [0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 8, .. pixels]);
            File.WriteAllBytes(labels, [0, 0, 8, 1, 0, 0, 0, 12, .. Enumerable.Range(0, 12).Select(i => (byte)(i % 3))]);
            var settings = new DatasetSettings { Source = DatasetSource.Idx, Path = images, LabelsPath = labels };
            return new(ImageDataset.Load(settings), new RandomStreams(1), device ?? CPU);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static BacktrackingSettings Quick(BacktrackingSettings settings)
    {
        var quick = settings with { Batch = 4, Generator = s_fast };
        return quick is ScoreMatchingSettings matching ? matching with { Fake = s_fast } : quick;
    }
}
