using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Generators;

/// <summary>
/// A denoiser used as a generator: in one step G(z) = D(sigma_init * z; sigma_init) (Diff-Instruct), and in each further one the sample made so far is noised
/// again, with fresh noise, and denoised (DMD2, arXiv 2405.14867, Section 4.4).
/// </summary>
/// <param name="network">The denoiser; owned from now on.</param>
/// <param name="sigmaInit">The noise level of the first step.</param>
/// <param name="renoiseSigmas">The noise levels of further steps, falling; none for a one-step generator.</param>
/// <param name="unitInput">
/// Whether the network sees z itself in the first step, G(z) = D(z / c_in; sigma_init), as DMD2's generators of latents do: z is not scaled to the level.
/// </param>
public sealed class DenoiserGenerator(Denoiser network, double sigmaInit, IReadOnlyList<double>? renoiseSigmas = null, bool unitInput = false) : IGenerator
{
    private readonly double _inputScale = unitInput ? UnitScale(network, sigmaInit) : sigmaInit;

    private readonly double[] _sigmas = [sigmaInit, .. renoiseSigmas ?? []];

    /// <inheritdoc/>
    public nn.Module Network => network;

    /// <summary>What network it is.</summary>
    public NetworkSettings Settings => network.Settings;

    /// <summary>The noise level of each step.</summary>
    public IReadOnlyList<double> Sigmas => _sigmas;

    /// <inheritdoc/>
    public IReadOnlyList<long> LatentShape
    {
        get
        {
            var shape = network.Settings.Shape;
            long[] ofStep = [shape.Channels, shape.Height, shape.Width];
            return Steps == 1 ? ofStep : [Steps, .. ofStep];
        }
    }

    /// <inheritdoc/>
    public int Steps => _sigmas.Length;

    /// <inheritdoc/>
    public SampleShape SampleShape => network.Settings.Shape;

    /// <inheritdoc/>
    public int Classes => network.Settings.Classes;

    /// <inheritdoc/>
    public Tensor Generate(Tensor latents, Condition? condition)
    {
        if (Steps == 1)
        {
            using var input = latents * _inputScale;
            return Denoise(input, sigmaInit, condition);
        }
        using var scope = NewDisposeScope();
        var last = latents.size(1) - 1;
        Tensor? sample = null;
        using (no_grad())
        {
            for (var step = 0; step < last; step++)
            {
                sample = Denoise(Input(step), _sigmas[step], condition);
            }
        }
        return Denoise(Input(last), _sigmas[last], condition).MoveToOuterDisposeScope();

        Tensor Input(long step)
        {
            var noise = latents.select(1, step);
            return sample is null ? noise * _inputScale : sample + (noise * _sigmas[step]);
        }
    }

    /// <inheritdoc/>
    public (IReadOnlyList<(string Name, Tensor Value)> Tensors, IReadOnlyDictionary<string, string> Metadata) ToFile()
    {
        var metadata = NetworkFile.MetadataOf(network);
        new StudentLevels(sigmaInit, _sigmas[1..], unitInput).WriteTo(metadata);
        return (NetworkFile.TensorsOf(network), metadata);
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();

    private static double UnitScale(Denoiser network, double level)
    {
        using var scope = NewDisposeScope();
        return network.Schedule.InputScale(tensor(level)) is { } scale ? 1 / scale.item<double>() : 1;
    }

    private Tensor Denoise(Tensor noisy, double level, Condition? condition)
    {
        using var sigma = full([noisy.size(0), 1, 1, 1], level, float32, noisy.device);
        return network.forward(noisy, sigma, condition);
    }
}
