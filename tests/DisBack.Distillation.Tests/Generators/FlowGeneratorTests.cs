using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Hosts.DiscriminatorFlow;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Tests.Hosts;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Distillation.Tests.Generators;

/// <summary>Particles follow the discriminator's slope, and the discriminator learns its published loss.</summary>
public sealed class FlowGeneratorTests : IDisposable
{
    private const int Steps = 5;
    private const int Batch = 4;

    private readonly string _path = Path.GetTempFileName();

    [Theory]
    [InlineData(FlowLoss.Ipm)]
    [InlineData(FlowLoss.Vanilla)]
    [InlineData(FlowLoss.Hinge)]
    public void Particles_move_down_the_loss_as_differences_show_it(FlowLoss loss)
    {
        using var scope = NewDisposeScope();
        using var flow = Open(loss);
        using var stream = new RandomStreams(2).For("particles");
        var latents = randn([2, 1, 8, 8], generator: stream);
        var classes = IConditionSource.OfClasses(3).InTurn(0, 2);
        Tensor path;
        using (no_grad())
        {
            path = flow.Path(latents, classes);
            Assert.True(path[0].equal(latents).all().item<bool>());
        }
        // From the second step on, along one direction of one particle.
        var moved = (path[2] - path[1]) * (Steps / 2.0);
        var direction = randn([1, 1, 8, 8], generator: stream);
        using var still = no_grad();
        var slope = (At(1e-2) - At(-1e-2)) / 2e-2;
        Assert.Equal(slope, -(moved[1] * direction).sum().item<float>(), 0.02 * Math.Abs(slope) + 1e-4);

        double At(double by)
        {
            var said = flow.Discriminator.forward(path[1].narrow(0, 1, 1) + by * direction, full(1, 1.0 / Steps, float32), classes!.Rows(1, 1));
            var value = loss switch
            {
                FlowLoss.Vanilla => functional.softplus(-said),
                FlowLoss.Hinge => -said,
                _ => said,
            };
            return value.item<float>();
        }
    }

    [Fact]
    public void A_sample_is_the_end_of_the_path_and_depends_on_no_other()
    {
        using var scope = NewDisposeScope();
        using var flow = Open();
        var latents = randn([3, 1, 8, 8], generator: new Generator(1));
        var classes = IConditionSource.OfClasses(3).InTurn(0, 3);
        using var still = no_grad();
        var made = flow.Generate(latents, classes);
        Assert.True(made.narrow(0, 2, 1).allclose(flow.Generate(latents.narrow(0, 2, 1), classes!.Rows(2, 1)), 1e-4, 1e-5));
        Assert.False(made.allclose(flow.Path(latents, classes)[Steps - 1], 1e-3, 1e-3));
        Assert.False(made.requires_grad);
    }

    [Theory]
    [InlineData(FlowLoss.Ipm)]
    [InlineData(FlowLoss.Vanilla)]
    [InlineData(FlowLoss.Hinge)]
    public void The_discriminator_learns_its_loss_and_the_gradient_penalty(FlowLoss loss)
    {
        using var scope = NewDisposeScope();
        var settings = new DiscriminatorFlowSettings { Batch = Batch, GradientPenalty = 3, Generator = new() { LearningRate = 1e-9 } };
        var flow = Open(loss);
        var hold = new StateHold();
        using var generator = new TrainedGenerator(flow, settings.Generator, settings.Ema, settings.Steps, hold);
        using var data = AllHosts.Data();
        var streams = new RandomStreams(1);
        var draws = new SeededDraws(streams, "backtracking", flow, IConditionSource.OfClasses(3), CPU);
        var context = new HostContext(generator, TinyNetwork.Open, TinyNetwork.Open, settings, draws, streams, hold, data);
        using var host = new DiscriminatorFlowHost(context, settings);

        var (real, classes) = data.Batch(0, Batch);
        Tensor path;
        using (no_grad())
        {
            path = flow.Path(draws.At(0, new LogNormalNoise(), Batch).Latents, classes);
        }
        using var stream = streams.For("flow", 0);
        var steps = randint(0, Steps, [Batch], int64, generator: stream);
        var mix = rand([Batch, 1, 1, 1], generator: stream);
        var particles = stack([.. Enumerable.Range(0, Batch).Select(i => path[steps[i].item<long>(), i])]);

        using var target = TinyNetwork.Open();
        var made = host.Iterate(0, new TargetScore(target)).Generated!.Value;
        Assert.True(made.Images.equal(path[Steps - 1]).all().item<bool>(), "The images are not those of the last step.");
        var weights = generator.State.First(entry => entry.Name == "generator.weights").Value;
        var gradient = cat([.. flow.Network.parameters().Select(parameter => parameter.grad!.flatten())]);
        var slope = gradient.norm().item<float>();
        var step = (gradient / slope * weights.norm() * 2e-4).detach();
        var difference = (LossAt(step) - LossAt(-step)) / (2 * step.norm().item<float>());
        Assert.Equal(slope, difference, slope * 0.02);

        double LossAt(Tensor by)
        {
            using (no_grad())
            {
                weights.add_(by);
            }
            var between = (mix * real + (1 - mix) * particles).requires_grad_();
            var (ofReal, ofParticles) = (Said(real), Said(particles));
            var slopes = autograd.grad([Said(between).sum()], [between])[0].flatten(1);
            var value = 3 * slopes.square().sum(1).mean() + loss switch
            {
                FlowLoss.Vanilla => functional.softplus(ofParticles).mean() + functional.softplus(-ofReal).mean(),
                FlowLoss.Hinge => functional.relu(1 + ofParticles).mean() + functional.relu(1 - ofReal).mean(),
                _ => ofReal.mean() - ofParticles.mean(),
            };
            using (no_grad())
            {
                weights.sub_(by);
            }
            return value.to(float64).item<double>();
        }

        Tensor Said(Tensor images) => flow.Discriminator.forward(images, steps.to(float32) / Steps, classes);
    }

    [Fact]
    public void It_is_trained_and_resumed_in_the_same_bits()
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 0 });
        var inputs = TinyNetwork.Inputs() with { OpenStudent = () => Open() };
        var settings = new DiscriminatorFlowSettings { Steps = 5, Batch = Batch };
        using var whole = new DistributionBacktracking(inputs, nodes, settings, data: AllHosts.Data());
        var listener = new RecordingListener();
        TrainingLoop.Run(whole, new CheckpointSettings { Every = 1 }, listener, CancellationToken.None);
        using var resumed = new DistributionBacktracking(inputs, nodes, settings, data: AllHosts.Data());
        resumed.Restore(listener.Checkpoints.First(checkpoint => checkpoint.Step == 2).State);
        TrainingLoop.Run(resumed, new CheckpointSettings(), new RecordingListener(), CancellationToken.None);
        Assert.All(whole.Capture().Tensors.Zip(resumed.Capture().Tensors), pair =>
            Assert.True(pair.First.Value.equal(pair.Second.Value).all().item<bool>(), pair.First.Name));
    }

    [Fact]
    public void Another_student_is_refused()
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 0 });
        using var data = AllHosts.Data();
        var error = Assert.Throws<DisBackException>(() =>
            new DistributionBacktracking(TinyNetwork.Inputs(), nodes, new DiscriminatorFlowSettings(), data: data));
        Assert.Contains("student.flow", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_comes_back_from_its_file()
    {
        using var scope = NewDisposeScope();
        using var flow = Open(FlowLoss.Hinge);
        using (var stream = File.Create(_path))
        {
            StudentFile.Write(stream, flow);
        }
        using var opened = Assert.IsType<FlowGenerator>(StudentFile.Open(_path));
        Assert.Equal(flow.Discriminator.Settings, opened.Discriminator.Settings);
        var latents = ones(2, 1, 8, 8);
        Assert.True(flow.Generate(latents, null).equal(opened.Generate(latents, null)).all().item<bool>());
    }

    [Theory]
    [InlineData(8, 1, 3)]
    [InlineData(14, 1, 10)]
    [InlineData(64, 3, 0)]
    [InlineData(15, 2, 0)]
    public void Its_parameters_are_counted_before_it_is_built(int resolution, int channels, int classes)
    {
        var (settings, shape) = (new FlowSettings(), new SampleShape(channels, resolution, resolution));
        using var init = new RandomStreams(1).For("flow");
        using var network = new FlowDiscriminator(settings, shape, classes, init);
        Assert.Equal(network.parameters().Sum(parameter => parameter.numel()), settings.SizeFor(shape, classes).Parameters);
    }

    public void Dispose() => File.Delete(_path);

    private static FlowGenerator Open(FlowLoss loss = FlowLoss.Ipm)
    {
        using var init = new RandomStreams(4).For("flow");
        return new(new FlowDiscriminator(new FlowSettings { Steps = Steps, Width = 8, Loss = loss }, new SampleShape(1, 8, 8), 3, init));
    }
}
