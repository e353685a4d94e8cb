using DisBack.Diffusion.Conditions;
using DisBack.Specs.Networks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// A discriminator that knows the time, D(x, t): residual blocks that halve the resolution. Its nonlinearity is smooth, as particles follow its gradient, and
/// nothing is normalised.
/// </summary>
public sealed class FlowDiscriminator : nn.Module
{
    /// <summary>The frequencies of the embedding are made for times of this size.</summary>
    private const double TimeScale = 1000;

    private readonly Conv2d input;
    private readonly List<Block> _blocks = [];
    private readonly Linear output;
    private readonly PositionalEmbedding _time;

    /// <summary>Builds one with fresh weights, a pure function of the settings and the state of the generator.</summary>
    /// <param name="settings">What to build.</param>
    /// <param name="shape">The shape of its samples.</param>
    /// <param name="classes">Number of classes that it is conditional on; 0 is none.</param>
    /// <param name="init">A CPU generator that all initial weights are drawn from, in the order of the modules.</param>
    public FlowDiscriminator(FlowSettings settings, SampleShape shape, int classes, Generator init)
        : base(nameof(FlowDiscriminator))
    {
        (Settings, Shape, Classes) = (settings, shape, classes);
        var hidden = new Initialization(InitialDistribution.KaimingNormal, Weight: Math.Sqrt(2));
        _time = new PositionalEmbedding(settings.Width, endpoint: true);
        var maps = settings.Maps(shape.Height);
        var (channels, resolution) = maps[0];
        input = new Conv2d(shape.Channels, channels, 3, hidden, init);
        register_module(nameof(input), input);
        foreach (var map in maps)
        {
            var block = new Block(channels, map.Channels, settings.Width + classes, halves: map.Resolution < resolution, hidden, init);
            register_module($"block{_blocks.Count}", block);
            _blocks.Add(block);
            (channels, resolution) = map;
        }
        output = new Linear(channels * resolution * resolution, 1, new Initialization(InitialDistribution.KaimingNormal), init);
        register_module(nameof(output), output);
    }

    /// <summary>What it was built from.</summary>
    public FlowSettings Settings { get; }

    /// <summary>The shape of its samples.</summary>
    public SampleShape Shape { get; }

    /// <summary>Number of classes that it is conditional on; 0 is none.</summary>
    public int Classes { get; }

    /// <summary>What it says of each sample, [B]; it can be differentiated twice.</summary>
    /// <param name="x">Samples [B,C,H,W].</param>
    /// <param name="time">Their times [B], from 0 to 1.</param>
    /// <param name="condition">Their classes, B rows; null is no class.</param>
    public Tensor forward(Tensor x, Tensor time, Condition? condition)
    {
        using var scope = NewDisposeScope();
        var embedding = _time.forward(time * TimeScale);
        if (Condition.ClassRows(condition, Classes, x.size(0), x.device) is { } labels)
        {
            embedding = cat([embedding, labels], 1);
        }
        x = input.forward(x);
        foreach (var block in _blocks)
        {
            x = block.forward(x, embedding);
        }
        return output.forward(functional.silu(x).flatten(1)).flatten().MoveToOuterDisposeScope();
    }

    /// <summary>Every parameter and buffer under its name, parameters first: what a file of it holds.</summary>
    public IEnumerable<(string Name, Tensor Value)> State() =>
        named_parameters().Select(parameter => (parameter.name, (Tensor)parameter.parameter)).Concat(named_buffers());

    private sealed class Block : nn.Module
    {
        private readonly Conv2d conv0;
        private readonly Linear affine;
        private readonly Conv2d conv1;
        private readonly Conv2d? skip;
        private readonly bool halves;

        public Block(int channels, int next, int embedding, bool halves, Initialization init, Generator generator)
            : base(nameof(Block))
        {
            this.halves = halves;
            conv0 = new(channels, next, 3, init, generator);
            affine = new(embedding, next, new Initialization(InitialDistribution.KaimingNormal), generator);
            conv1 = new(next, next, 3, init, generator);
            if (channels != next)
            {
                skip = new(channels, next, 1, new Initialization(InitialDistribution.KaimingNormal), generator);
            }
            RegisterComponents();
        }

        public Tensor forward(Tensor x, Tensor embedding)
        {
            var change = conv0.forward(functional.silu(x)) + affine.forward(embedding).unsqueeze(-1).unsqueeze(-1);
            // Both paths have about unit variance, and so has their sum.
            var sum = ((skip?.forward(x) ?? x) + conv1.forward(functional.silu(change))) / Math.Sqrt(2);
            return halves ? functional.avg_pool2d(sum, 2) : sum;
        }
    }
}
