using DisBack.Diffusion.Conditions;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// A generator network of the GAN kind: samples from latent vectors. Its maps are normalised in groups and not over the batch, so that a sample does not
/// depend on those that are made with it.
/// </summary>
public sealed class LatentDecoder : nn.Module
{
    private readonly Linear input;
    private readonly List<(Conv2d Convolution, GroupNorm Norm)> _levels = [];
    private readonly Conv2d output;
    private readonly (int Channels, int Resolution) _smallest;

    /// <summary>Builds one with fresh weights, a pure function of the settings and the state of the generator.</summary>
    /// <param name="settings">What to build.</param>
    /// <param name="shape">The shape of its samples.</param>
    /// <param name="classes">Number of classes that it is conditional on; 0 is none.</param>
    /// <param name="init">A CPU generator that all initial weights are drawn from, in the order of the modules.</param>
    public LatentDecoder(DecoderSettings settings, SampleShape shape, int classes, Generator init)
        : base(nameof(LatentDecoder))
    {
        (Settings, Shape, Classes) = (settings, shape, classes);
        // The variance of what goes through a nonlinearity stays about the same.
        var hidden = new Initialization(InitialDistribution.KaimingNormal, Weight: Math.Sqrt(2));
        var maps = settings.Maps(shape.Height);
        _smallest = maps[0];
        input = new Linear(settings.LatentDim + classes, _smallest.Channels * _smallest.Resolution * _smallest.Resolution, hidden, init);
        register_module(nameof(input), input);
        var (channels, resolution) = _smallest;
        foreach (var map in maps)
        {
            var grows = map.Resolution > resolution;
            var convolution = new Conv2d(channels, map.Channels, 3, hidden, init, grows ? Resample.Up : Resample.None);
            var norm = new GroupNorm(map.Channels, 1e-5);
            register_module($"{map.Resolution}x{map.Resolution}_conv", convolution);
            register_module($"{map.Resolution}x{map.Resolution}_norm", norm);
            _levels.Add((convolution, norm));
            (channels, resolution) = map;
        }
        output = new Conv2d(channels, shape.Channels, 3, new Initialization(InitialDistribution.KaimingNormal), init);
        register_module(nameof(output), output);
    }

    /// <summary>What it was built from.</summary>
    public DecoderSettings Settings { get; }

    /// <summary>The shape of its samples.</summary>
    public SampleShape Shape { get; }

    /// <summary>Number of classes that it is conditional on; 0 is none.</summary>
    public int Classes { get; }

    /// <summary>Samples [B,C,H,W] in [-1, 1].</summary>
    /// <param name="latents">z [B,latent_dim].</param>
    /// <param name="condition">Their classes, B rows; null is no class.</param>
    public Tensor forward(Tensor latents, Condition? condition)
    {
        using var scope = NewDisposeScope();
        var labels = Condition.ClassRows(condition, Classes, latents.size(0), latents.device);
        var x = input.forward(labels is null ? latents : cat([latents, labels], 1)).view(-1, _smallest.Channels, _smallest.Resolution, _smallest.Resolution);
        foreach (var (convolution, norm) in _levels)
        {
            x = norm.ForwardSilu(convolution.forward(x));
        }
        return output.forward(x).tanh().MoveToOuterDisposeScope();
    }

    /// <summary>Every parameter and buffer under its name, parameters first: what a file of it holds.</summary>
    public IEnumerable<(string Name, Tensor Value)> State() =>
        named_parameters().Select(parameter => (parameter.name, (Tensor)parameter.parameter)).Concat(named_buffers());
}
