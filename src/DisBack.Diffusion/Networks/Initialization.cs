using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>Distributions of initial weights; they differ in what the variance is divided by.</summary>
internal enum InitialDistribution
{
    XavierUniform,
    KaimingUniform,
    KaimingNormal,
}

/// <summary>How the weights and biases of one layer begin: a distribution times a factor for each of the two (EDM, training/networks.py).</summary>
internal sealed record Initialization(InitialDistribution Distribution, double Weight = 1, double Bias = 0)
{
    public Parameter DrawWeight(Generator generator, long fanIn, long fanOut, params long[] shape) => Draw(generator, Weight, fanIn, fanOut, shape);

    public Parameter DrawBias(Generator generator, long fanIn, long fanOut, long length) => Draw(generator, Bias, fanIn, fanOut, [length]);

    private Parameter Draw(Generator generator, double factor, long fanIn, long fanOut, long[] shape)
    {
        using var scope = NewDisposeScope();
        var values = factor == 0 ? zeros(shape) : Distribution switch
        {
            InitialDistribution.XavierUniform => Uniform(Math.Sqrt(6.0 / (fanIn + fanOut))),
            InitialDistribution.KaimingUniform => Uniform(Math.Sqrt(3.0 / fanIn)),
            _ => randn(shape, generator: generator).mul_(factor * Math.Sqrt(1.0 / fanIn)),
        };
        return (Parameter)new Parameter(values).DetachFromDisposeScope();

        Tensor Uniform(double bound) => rand(shape, generator: generator).mul_(2).sub_(1).mul_(factor * bound);
    }
}
