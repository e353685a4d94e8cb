using DisBack.Diffusion;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using DisBack.Specs.Noise;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Distillation.Hosts.DiscriminatorFlow;

/// <summary>
/// Discriminator Flow (arXiv 2305.16150; gpm, models/discr_flow/base.py): the discriminator learns to tell real images from particles, each at a random step
/// of its way. It looks at no target.
/// </summary>
internal sealed class DiscriminatorFlowHost : IDistillationHost
{
    /// <summary>Of a draw only the latents are used.</summary>
    private static readonly NoiseLaw s_unused = new LogNormalNoise();

    private readonly TrainedGenerator _generator;
    private readonly FlowGenerator _flow;
    private readonly IDraws _draws;
    private readonly RandomStreams _streams;
    private readonly IRealSamples _data;
    private readonly DiscriminatorFlowSettings _settings;

    public DiscriminatorFlowHost(HostContext context, DiscriminatorFlowSettings settings)
    {
        (_generator, _draws, _streams, _settings, _data) = (context.Generator, context.Draws, context.Streams, settings, context.RequireData());
        _flow = context.Generator.Generator as FlowGenerator ?? throw new DisBackException(
            "The host discriminator-flow trains what the particles of student.flow follow, and the student is another: name both.");
    }

    public IEnumerable<(string Name, Tensor Value)> State => [];

    public IReadOnlyDictionary<string, long> Counters
    {
        get => new Dictionary<string, long>();
        set
        {
            // It counts nothing.
        }
    }

    public IReadOnlyDictionary<string, string> Losses { get; } = new Dictionary<string, string>
    {
        ["loss/discriminator"] = "discriminator",
        ["loss/gradient_penalty"] = "discriminator",
    };

    public HostStep Iterate(long iteration, TargetScore target)
    {
        var (batch, count) = (_settings.Batch, _flow.Discriminator.Settings.Steps);
        var (real, condition) = _data.Batch(iteration, batch);
        var path = _flow.Path(_draws.At(iteration, s_unused, batch).Latents, condition);

        using var stream = _streams.For("flow", iteration);
        var steps = randint(0, count, [batch], int64, generator: stream);
        var mix = rand([batch, 1, 1, 1], float32, generator: stream).SentTo(real.device);
        var particles = path[steps.SentTo(real.device), arange(batch, device: real.device)];
        // Same with '(steps.to(float32) / count)': from a CPU to a CPU nothing is sent.
        var time = (steps.to(float32) / count).SentTo(real.device);

        var discriminator = Loss(Said(particles), Said(real));
        var between = (mix * real + (1 - mix) * particles).requires_grad_();
        var slope = autograd.grad([Said(between).sum()], [between], retain_graph: true, create_graph: true)[0];
        var penalty = slope.square().sum([1, 2, 3]).mean();
        _generator.Descend(discriminator + _settings.GradientPenalty * penalty, iteration, batch);

        // It is not compared with a score: the gap to the target says nothing, and 1 is no progress.
        return new HostStep(
            [("loss/discriminator", discriminator), ("loss/gradient_penalty", penalty)], new GeneratorStep(path[count - 1], ones_like(penalty)));

        Tensor Said(Tensor images) => _flow.Discriminator.forward(images, time, condition);
    }

    public void Dispose()
    {
        // All that it uses belongs to others.
    }

    /// <summary>The discriminator's loss.</summary>
    /// <param name="ofParticles">What it says of particles, [B].</param>
    /// <param name="ofReal">What it says of real images, [B].</param>
    private Tensor Loss(Tensor ofParticles, Tensor ofReal) => _flow.Discriminator.Settings.Loss switch
    {
        FlowLoss.Vanilla => functional.softplus(ofParticles).mean() + functional.softplus(-ofReal).mean(),
        FlowLoss.Hinge => functional.relu(1 + ofParticles).mean() + functional.relu(1 - ofReal).mean(),
        _ => ofReal.mean() - ofParticles.mean(),
    };
}
