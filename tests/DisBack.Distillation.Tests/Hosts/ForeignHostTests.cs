using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>A host with a network and a counter that the product knows nothing of trains, checkpoints and resumes bit for bit.</summary>
public sealed class ForeignHostTests
{
    private static readonly BacktrackingSettings s_settings = new() { Steps = 6, Batch = 4, Switching = new FixedInterval { Interval = 2 } };

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_host_of_the_test_resumes_in_the_same_bits(int interruption)
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 3, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        using var whole = Open(nodes);
        var listener = new RecordingListener();
        Assert.True(TrainingLoop.Drive(whole, new CheckpointSettings { Every = 1 }, listener, CancellationToken.None));

        using var resumed = Open(nodes);
        resumed.Restore(listener.Checkpoints.First(checkpoint => checkpoint.Step == interruption).State);
        Assert.True(TrainingLoop.Drive(resumed, new CheckpointSettings { Every = 1 }, new RecordingListener(), CancellationToken.None));

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

    private static DistributionBacktracking Open(ITrajectoryNodes nodes) => new(
        TinyNetwork.Open, nodes, s_settings, 2.5,
        network => step => Draw.At(new RandomStreams(1), "backtracking", step, network, s_settings.Noise, s_settings.Batch, CPU),
        evaluation: null, context => new CriticHost(context));

    /// <summary>Pulls images towards the target's denoised ones; its critic learns their distance and is counted twice an iteration.</summary>
    private sealed class CriticHost(HostContext context) : IDistillationHost
    {
        private readonly TrainedNetwork _critic = new(context.OpenFakeScore(), context.Settings.Fake, context.Settings.Steps);
        private long _critiques;

        public IEnumerable<(string Name, Tensor Value)> State => _critic.State("critic");

        public IReadOnlyDictionary<string, long> Counters
        {
            get => new Dictionary<string, long> { ["Critiques"] = _critiques, ["CriticUpdates"] = _critic.Updates };
            set => (_critiques, _critic.Updates) = (value["Critiques"], value["CriticUpdates"]);
        }

        public IReadOnlyDictionary<string, string> Losses { get; } = new Dictionary<string, string> { ["loss/critic"] = "critic" };

        public HostStep Iterate(long iteration, in Draw draw, Denoiser target)
        {
            var images = context.Generator.Generate(draw.Latents, draw.Labels);
            var wanted = target.forward(images.detach() + draw.Sigma * draw.Noise, draw.Sigma, draw.Labels).detach();
            context.Generator.Descend((images - wanted).square().sum() / s_settings.Batch, s_settings.Batch);
            var loss = (_critic.Network.forward(images.detach(), draw.Sigma, draw.Labels) - wanted).square().mean();
            _critic.Descend(loss);
            _critiques += 2;
            return new HostStep([("loss/critic", loss)], new GeneratorStep(images.detach(), (images.detach() - wanted).abs().mean()));
        }

        public void Dispose() => _critic.Dispose();
    }
}
