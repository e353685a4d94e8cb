using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Networks;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>
/// A host with settings, a network and a counter that the product knows nothing of, on a generator that is no denoiser and on real images, trains,
/// checkpoints and resumes bit for bit.
/// </summary>
public sealed class ForeignHostTests
{
    private static readonly CriticSettings s_settings = new() { Steps = 6, Batch = 4, Switching = new FixedInterval { Interval = 2 } };

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_host_of_the_test_resumes_in_the_same_bits(int interruption)
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 3, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        using var whole = Open(nodes);
        var listener = new RecordingListener();
        Assert.True(TrainingLoop.Run(whole, new CheckpointSettings { Every = 1 }, listener, CancellationToken.None));

        using var resumed = Open(nodes);
        resumed.Restore(listener.Checkpoints.First(checkpoint => checkpoint.Step == interruption).State);
        Assert.True(TrainingLoop.Run(resumed, new CheckpointSettings { Every = 1 }, new RecordingListener(), CancellationToken.None));

        var (expected, actual) = (whole.Capture(), resumed.Capture());
        Assert.Equal(expected.Progress, actual.Progress);
        Assert.Contains("\"Critiques\":12", actual.Progress, StringComparison.Ordinal);
        Assert.Contains(actual.Tensors, tensor => tensor.Name == "critic.weights");
        Assert.Contains(listener.Measurements, point => point.Name == "loss/critic");
        foreach (var ((name, value), (_, other)) in expected.Tensors.Zip(actual.Tensors))
        {
            Assert.True(value.equal(other).all().item<bool>(), name);
        }
    }

    [Fact]
    public void A_recording_against_a_generator_of_another_kind_degrades_the_teacher()
    {
        using var nodes = new MemoryNodes(TinyNetwork.Open);
        using var recording = new Distillation.Recording.DegradationRecording(
            Inputs(),
            new RecordingSettings { Steps = 2, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        Assert.True(TrainingLoop.Run(recording, new CheckpointSettings(), nodes, CancellationToken.None));
        Assert.Equal(3, nodes.Count);
    }

    [Fact]
    public void A_host_that_needs_real_images_says_so_where_there_are_none()
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 0 });
        var error = Assert.Throws<DisBackException>(
            () => new DistributionBacktracking(Inputs(), nodes, s_settings, null, null, context => new CriticHost(context)));
        Assert.Contains("'data'", error.Message, StringComparison.Ordinal);
    }

    private static StageInputs Inputs() => TinyNetwork.Inputs() with { OpenStudent = () => new VectorGenerator() };

    private static DistributionBacktracking Open(ITrajectoryNodes nodes) => new(
        Inputs(), nodes, s_settings, evaluation: null,
        new RealImages(ImageDataset.Load(new DatasetSettings { Resolution = 8 }), new RandomStreams(1), CPU), context => new CriticHost(context));

    private sealed record CriticSettings : BacktrackingSettings;

    /// <summary>A generator without a teacher's architecture: one linear layer from four numbers to an image.</summary>
    private sealed class VectorGenerator : IGenerator
    {
        private readonly TorchSharp.Modules.Linear _layer = Layer(4, 64);

        public nn.Module Network => _layer;

        public IReadOnlyList<long> LatentShape => [4];

        public SampleShape SampleShape => TinyNetwork.Settings.Shape;

        public int Classes => 3;

        public Tensor Generate(Tensor latents, Condition? condition) => _layer.forward(latents).view(-1, 1, 8, 8);

        public (IReadOnlyList<(string Name, Tensor Value)> Tensors, IReadOnlyDictionary<string, string> Metadata) ToFile() =>
            ([.. _layer.named_parameters().Select(entry => (entry.name, (Tensor)entry.parameter))], new Dictionary<string, string>());

        public void Dispose() => _layer.Dispose();
    }

    /// <summary>Pulls images towards the target's denoised ones; its critic tells them from real ones, and is counted twice an iteration.</summary>
    private sealed class CriticHost : IDistillationHost
    {
        private readonly HostContext _context;
        private readonly IRealSamples _data;
        private readonly TorchSharp.Modules.Linear _critic = Layer(64, 1);
        private readonly TrainedNetwork _training;
        private long _critiques;

        public CriticHost(HostContext context)
        {
            (_context, _data) = (context, context.RequireData());
            _training = new TrainedNetwork(_critic, new OptimizerSettings { WeightDecay = 0.01 }, context.Settings.Steps, context.Hold);
        }

        public IEnumerable<(string Name, Tensor Value)> State => _training.State("critic");

        public IReadOnlyDictionary<string, long> Counters
        {
            get => new Dictionary<string, long> { ["Critiques"] = _critiques, ["CriticUpdates"] = _training.Updates };
            set => (_critiques, _training.Updates) = (value["Critiques"], value["CriticUpdates"]);
        }

        public IReadOnlyDictionary<string, string> Losses { get; } = new Dictionary<string, string> { ["loss/critic"] = "critic" };

        public HostStep Iterate(long iteration, TargetScore target)
        {
            var draw = _context.Draws.At(iteration, new LogNormalNoise(), s_settings.Batch, "critic");
            var images = _context.Generator.Generate(draw.Latents, draw.Condition);
            var wanted = target.Denoise(images.detach() + draw.Sigma * draw.Noise, draw.Sigma, draw.Condition).detach();
            _context.Generator.Descend((images - wanted).square().sum() / s_settings.Batch, iteration, s_settings.Batch);
            var loss = (_critic.forward(images.detach().flatten(1)) - _critic.forward(_data.Batch(iteration, s_settings.Batch).Samples.flatten(1))).mean();
            _training.Descend(iteration, loss);
            _critiques += 2;
            return new HostStep([("loss/critic", loss)], new GeneratorStep(images.detach(), (images.detach() - wanted).abs().mean()));
        }

        public void Dispose()
        {
            _training.Dispose();
            _critic.Dispose();
        }
    }

    private static TorchSharp.Modules.Linear Layer(long from, long to)
    {
        using var init = new Generator(3);
        using var noGrad = no_grad();
        var layer = nn.Linear(from, to);
        layer.weight.normal_(generator: init);
        layer.bias!.zero_();
        return layer;
    }
}
