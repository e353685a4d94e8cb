using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Oracles;

/// <summary>
/// Where teacher and student are Gaussians everything has a closed form: stage 1 ends at the exact denoiser of what the student makes, and stage 2 gives the
/// student the teacher's mean and variance by way of every node, under each host that has a fake score. (SDS, without one, ends elsewhere.)
/// </summary>
public sealed class GaussianTests
{
    private const double SigmaInit = 1;

    public static TheoryData<BacktrackingSettings> Hosts =>
    [
        new DmdSettings(),
        new ScoreSettings(),
        new DiffInstructSettings(),
        new VsdSettings(),
        // Its published noise, up to 40, says little of deviations of 0.3.
        new ScoreGanSettings { Noise = new LogNormalNoise() },
        new SidSettings(),
        new Dmd2Settings(),
        new Dmd2Settings { GeneratorGanWeight = 0, FakeGanWeight = 0 },
        new FDistillSettings(),
    ];

    [Fact]
    public void Stage_1_ends_at_the_denoiser_of_what_the_student_makes()
    {
        using var scope = NewDisposeScope();
        using var nodes = Record();
        using var student = OpenTeacher();
        using var last = OpenTeacher();
        nodes.Load(nodes.Count - 1, last);
        var (mean, std) = student.Generated(SigmaInit);
        AssertNear((mean, std), (last.Mean, last.Std), ofMean: 0.01, ofStd: 0.15);
        Assert.True((student.Std / std).min().item<float>() > 3, "the teacher is near it before the first step");
    }

    [Theory, MemberData(nameof(Hosts), DisableDiscoveryEnumeration = true)]
    public void Stage_2_gives_the_student_the_mean_and_the_variance_of_the_teacher(BacktrackingSettings host)
    {
        using var scope = NewDisposeScope();
        using var nodes = Record();
        using var teacher = OpenTeacher();
        AssertNear((teacher.Mean, teacher.Std), Train(host, nodes), ofMean: 0.03, ofStd: 0.08);
    }

    private static void AssertNear((Tensor Mean, Tensor Std) expected, (Tensor Mean, Tensor Std) actual, double ofMean, double ofStd)
    {
        var (mean, std) = ((expected.Mean - actual.Mean).abs().max().item<float>(), (actual.Std / expected.Std - 1).abs().max().item<float>());
        Assert.True(mean <= ofMean && std <= ofStd, $"a mean is {mean:0.000} away, and a standard deviation by {std:0.0%}");
    }

    private static (Tensor Mean, Tensor Std) Train(BacktrackingSettings host, MemoryNodes nodes)
    {
        var rate = new OptimizerSettings { LearningRate = 0.01, Betas = [0, 0.99], CooldownFraction = 0.7 };
        var ratio = host is ScoreMatchingSettings two ? two.FakeUpdatesPerGeneratorUpdate : 1;
        var settings = host with { Steps = 600 * ratio, Batch = 128, Generator = rate, Switching = new FixedInterval { Interval = 50 } };
        settings = settings is ScoreMatchingSettings matching ? matching with { Fake = rate with { LearningRate = 0.03 } } : settings;
        List<GaussianDenoiser> students = [];
        var inputs = Inputs() with { OpenStudent = OpenStudent };
        using var data = Data();
        using var run = new DistributionBacktracking(inputs, nodes, settings, data: settings.NeedsData ? data : null);
        var listener = new RecordingListener();
        TrainingLoop.Run(run, new CheckpointSettings { Every = 100000 }, listener, CancellationToken.None);
        Assert.Equal(0, run.TargetIndex);
        var (mean, std) = students[0].Generated(SigmaInit);
        return (mean.clone(), std.clone());

        DenoiserGenerator OpenStudent()
        {
            students.Add(OpenTeacher());
            return new(students[^1], SigmaInit);
        }
    }

    private static MemoryNodes Record()
    {
        var settings = new RecordingSettings
        {
            Steps = 400,
            Optimizer = new OptimizerSettings { LearningRate = 0.03, CooldownFraction = 0.7 },
            Nodes = new EveryInterval { Interval = 100 },
        };
        var nodes = new MemoryNodes(OpenTeacher);
        using var run = new DegradationRecording(Inputs(), settings);
        TrainingLoop.Run(run, new CheckpointSettings { Every = 100000 }, nodes, CancellationToken.None);
        return nodes;
    }

    private static StageInputs Inputs() => new(OpenTeacher, () => new DenoiserGenerator(OpenTeacher(), SigmaInit), new RandomStreams(3), CPU);

    private static GaussianDenoiser OpenTeacher()
    {
        using var scope = NewDisposeScope();
        long[] shape = [1, GaussianDenoiser.Resolution, GaussianDenoiser.Resolution];
        return new(linspace(-0.3, 0.3, 16).reshape(shape), linspace(0.35, 0.2, 16).reshape(shape));
    }

    private static RealImages Data()
    {
        var folder = Directory.CreateTempSubdirectory("disback-gaussian-").FullName;
        try
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(5);
            using var teacher = OpenTeacher();
            var images = teacher.Mean + teacher.Std * randn([2048, 4, 4], generator: generator);
            var pixels = ((images + 1) * 127.5).round().clamp(0, 255).to(uint8).contiguous().data<byte>().ToArray();
            var path = Path.Combine(folder, "images.idx3-ubyte");
            File.WriteAllBytes(path, [0, 0, 8, 3, 0, 0, 8, 0, 0, 0, 0, 4, 0, 0, 0, 4, .. pixels]);
            return new(ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Idx, Path = path }), new RandomStreams(1), CPU);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
