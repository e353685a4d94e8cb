using DisBack.Diffusion.Augmentation;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>Diff-Instruct with dropout and augmentation does what the released loop does, and disturbs nobody who looks at the same target.</summary>
public sealed class DiffInstructHostTests
{
    private const int Batch = 4;

    /// <summary>So small that no weight moves.</summary>
    private static readonly OptimizerSettings s_still = new() { LearningRate = 1e-30 };

    private static readonly DiffInstructSettings s_settings = AllHosts.Published with { Batch = Batch, Generator = s_still, Fake = s_still };

    /// <summary>The losses of one iteration, written down once more from the streams of the run.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void The_fake_score_is_told_the_augmentation_and_the_generator_none_and_both_scores_drop_the_same(bool drops, bool augments)
    {
        using var scope = NewDisposeScope();
        var settings = s_settings with { Dropout = drops, Augmentation = augments ? s_settings.Augmentation : null };
        using Denoiser target = TinyNetwork.Moved(8, TinyNetwork.Dropping), fake = TinyNetwork.Moved(7, TinyNetwork.Dropping);
        using var trained = new Trained(settings, Draws());
        var made = trained.Host.Iterate(3, new TargetScore(target));

        using var still = no_grad();
        var streams = new RandomStreams(1);
        var shown = Draws().At(3, settings.Noise, Batch, "fake");
        var images = trained.Student.Generate(shown.Latents, shown.Condition);
        Tensor? labels = null;
        if (augments)
        {
            using var stream = streams.For("fake augmentation", 3);
            (images, labels) = new AugmentPipe(settings.Augmentation!).Apply(images, stream);
            Assert.True(labels.abs().sum().item<float>() > 0);
        }
        float fakeLoss, withoutLabels;
        using (Dropout("fake", row: 1))
        {
            fakeLoss = FakeLoss(labels);
            withoutLabels = FakeLoss(null);
        }
        AssertClose(fakeLoss, made.Losses[0].Value);
        Assert.Equal(augments, Math.Abs(withoutLabels - fakeLoss) > 1e-3 * fakeLoss);

        var draw = Draws().At(3, settings.Noise, Batch, "generator");
        using (Dropout("generator", row: 0))
        {
            images = trained.Student.Generate(draw.Latents, shown.Condition);
        }
        Assert.True(images.allclose(made.Generated!.Value.Images, 1e-5, 1e-6));
        Assert.NotEqual(drops, images.allclose(trained.Student.Generate(draw.Latents, shown.Condition), 1e-3, 1e-3));
        var noisy = images + draw.Sigma * draw.Noise;
        var none = zeros(Batch, AugmentationSettings.LabelLength);
        using (Dropout("generator", row: 1))
        {
            var push = fake.forward(noisy, draw.Sigma, shown.Condition, none) - target.forward(noisy, draw.Sigma, shown.Condition, none);
            AssertClose((push * images).sum().item<float>() / Batch, made.Losses[1].Value);
        }

        float FakeLoss(Tensor? told) => DenoisingLoss.Of(fake, images, shown.Sigma, shown.Noise, shown.Condition, told).sum().item<float>() / Batch;

        SeededDropout? Dropout(string purpose, long row)
        {
            using var stream = streams.For($"{purpose} dropout", 3);
            return drops ? new SeededDropout(randint(long.MaxValue, [2, Batch], int64, generator: stream)[row]) : null;
        }

        static void AssertClose(float expected, Tensor actual) => Assert.Equal(expected, actual.item<float>(), Math.Abs(expected) * 1e-3);
    }

    /// <summary>Masks of their own would tell equal scores apart.</summary>
    [Fact]
    public void A_fake_score_that_is_the_target_pushes_the_generator_nowhere()
    {
        using var scope = NewDisposeScope();
        using var target = TinyNetwork.Moved(7, TinyNetwork.Dropping);
        using var trained = new Trained(s_settings, Draws());
        var made = trained.Host.Iterate(0, new TargetScore(target));

        Assert.Equal(0, made.Generated!.Value.Gap.item<float>());
        Assert.All(trained.Student.Network.parameters(), weights => Assert.Equal(0, weights.grad?.count_nonzero().item<long>() ?? 0));

        using var still = no_grad();
        var (noisy, sigma) = (made.Generated.Value.Images, ones(Batch, 1, 1, 1));
        Assert.False(Dropped(1).allclose(Dropped(2), 1e-3, 1e-3));

        Tensor Dropped(ulong seed)
        {
            using var generator = new Generator(seed);
            using var dropout = new SeededDropout(randint(long.MaxValue, [Batch], int64, generator: generator));
            return target.forward(noisy, sigma);
        }
    }

    [Fact]
    public void Every_iteration_drops_and_augments_anew()
    {
        using var scope = NewDisposeScope();
        using var target = TinyNetwork.Moved(8, TinyNetwork.Dropping);
        using var trained = new Trained(s_settings, new SameDraws(Draws()));
        List<HostStep> made = [.. ((long[])[0, 1, 0]).Select(iteration => trained.Host.Iterate(iteration, new TargetScore(target)))];

        Assert.True(ImagesOf(made[0]).Equals(ImagesOf(made[2])));
        Assert.False(ImagesOf(made[0]).allclose(ImagesOf(made[1]), 1e-3, 1e-3));
        Assert.Equal(FakeLossOf(made[0]), FakeLossOf(made[2]));
        Assert.NotEqual(FakeLossOf(made[0]), FakeLossOf(made[1]), FakeLossOf(made[0]) * 1e-3);

        static Tensor ImagesOf(HostStep step) => step.Generated!.Value.Images;

        static float FakeLossOf(HostStep step) => step.Losses[0].Value.item<float>();
    }

    /// <summary>As on a machine where trials with the same target hold its weights once.</summary>
    [Fact]
    public void Runs_that_share_a_target_do_not_change_each_other()
    {
        using var nodes = new SharedNodes(TinyNetwork.Trajectory(
            new RecordingSettings { Steps = 2, Batch = Batch, Nodes = new EveryInterval { Interval = 1 } }, network: TinyNetwork.Dropping));
        DiffInstructSettings[] settings =
        [
            AllHosts.Published with { Steps = 12 }, AllHosts.Published with { Steps = 12, Dropout = false, Augmentation = null },
        ];
        var alone = settings.Select(Train).ToList();
        var together = settings.Select(Train).ToList();
        Parallel.For(0, settings.Length, i => together[i] = Train(settings[i]));

        Assert.All(alone.Zip(together), pair => Assert.Equal(pair.First, pair.Second));
        Assert.NotEqual(alone[0], alone[1]);

        float[] Train(DiffInstructSettings host)
        {
            using var run = new DistributionBacktracking(TinyNetwork.Inputs(settings: TinyNetwork.Dropping), nodes, host);
            Assert.True(TrainingLoop.Run(run, new CheckpointSettings { Every = 1000 }, new RecordingListener(), CancellationToken.None));
            return run.Capture().Tensors.Single(tensor => tensor.Name == "generator.weights").Value.data<float>().ToArray();
        }
    }

    [Fact]
    public void A_training_with_both_ends_with_a_student_of_finite_weights()
    {
        using var nodes = TinyNetwork.Trajectory(
            new RecordingSettings { Steps = 2, Batch = Batch, Nodes = new EveryInterval { Interval = 1 } }, network: TinyNetwork.Dropping);
        using var run = new DistributionBacktracking(TinyNetwork.Inputs(settings: TinyNetwork.Dropping), nodes, AllHosts.Published with { Steps = 30 });
        var before = Weights();
        var listener = new RecordingListener();
        Assert.True(TrainingLoop.Run(run, new CheckpointSettings { Every = 1000 }, listener, CancellationToken.None));

        Assert.Equal(0, run.TargetIndex);
        Assert.Contains(StudentFile.Name, listener.Artifacts.Keys);
        Assert.All(listener.Measurements, point => Assert.True(double.IsFinite(point.Value), point.Name));
        Assert.True(Weights().isfinite().all().item<bool>());
        Assert.False(Weights().Equals(before));

        Tensor Weights() => run.Capture().Tensors.Single(tensor => tensor.Name == "generator.weights").Value.clone();
    }

    private static SeededDraws Draws() => new(
        new RandomStreams(1),
        "backtracking",
        new DenoiserGenerator(TinyNetwork.Moved(9, TinyNetwork.Dropping), 2.5),
        Diffusion.Conditions.IConditionSource.OfClasses(TinyNetwork.Dropping.LabelDim),
        CPU);

    /// <summary>The host with a generator and a fake score that compute something.</summary>
    private sealed class Trained : IDisposable
    {
        private readonly TrainedGenerator _generator;

        public Trained(DiffInstructSettings settings, IDraws draws)
        {
            var hold = new StateHold();
            Student = new DenoiserGenerator(TinyNetwork.Moved(9, TinyNetwork.Dropping), 2.5);
            _generator = new TrainedGenerator(Student, settings.Generator, settings.Ema, settings.Steps, hold);
            Host = HostRegistry.Create(new HostContext(_generator, OpenFake, OpenFake, settings, draws, new RandomStreams(1), hold, Data: null));

            static Denoiser OpenFake() => TinyNetwork.Moved(7, TinyNetwork.Dropping);
        }

        public DenoiserGenerator Student { get; }

        public IDistillationHost Host { get; }

        public void Dispose()
        {
            Host.Dispose();
            _generator.Dispose();
        }
    }

    /// <summary>The draw of the first step in every one.</summary>
    private sealed class SameDraws(IDraws draws) : IDraws
    {
        public Draw At(long step, NoiseLaw law, long batch, string? purpose = null) => draws.At(0, law, batch, purpose);
    }

    /// <summary>Nodes of which there is one network each, however many look at it.</summary>
    private sealed class SharedNodes(MemoryNodes nodes) : ITrajectoryNodes, IDisposable
    {
        private readonly List<BorrowedNetwork> _networks = [.. Enumerable.Range(0, nodes.Count).Select(nodes.Borrow)];

        public int Count => nodes.Count;

        public void Load(int index, Denoiser network) => nodes.Load(index, network);

        public BorrowedNetwork Borrow(int index) => _networks[index].LendOn(() => { });

        public void Prefetch(int index)
        {
        }

        public void Dispose()
        {
            _networks.ForEach(network => network.Dispose());
            nodes.Dispose();
        }
    }
}
