using DisBack.Diffusion.Networks;
using DisBack.Distillation.Generators;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>Noisy samples of the student that stay the same, to ask networks about.</summary>
internal sealed class StudentProbe : IDisposable
{
    private readonly Draw _draw;
    private readonly Tensor _noisy;

    /// <param name="generator">The student.</param>
    /// <param name="draw">What its samples are made from, and the noise on them; owned from now on.</param>
    public StudentProbe(IGenerator generator, Draw draw)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        _draw = draw;
        Images = generator.Generate(draw.Latents, draw.Condition).DetachFromDisposeScope();
        _noisy = (Images + draw.Sigma * draw.Noise).DetachFromDisposeScope();
    }

    /// <summary>The samples without noise, [B,C,H,W].</summary>
    public Tensor Images { get; }

    /// <summary>What a network makes of them, [B,C,H,W].</summary>
    public Tensor Denoise(Denoiser network) => network.forward(_noisy, _draw.Sigma, _draw.Condition);

    /// <summary>The part of them on which a network is calibrated.</summary>
    public double Calibration(Denoiser network, HostSignal signal)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        return Runs.Calibration.Of(Images, _noisy, Denoise(network), _draw, signal);
    }

    /// <inheritdoc cref="Runs.Calibration.Compare"/>
    public (Tensor Slopes, Tensor Weights) Compare(Denoiser network, HostSignal signal)
    {
        using var untracked = no_grad();
        return Runs.Calibration.Compare(Images, _noisy, Denoise(network), _draw, signal);
    }

    public void Dispose()
    {
        foreach (var tensor in new[] { Images, _noisy, _draw.Latents, _draw.Sigma, _draw.Noise }.Concat(_draw.Condition?.Parts ?? []))
        {
            tensor.Dispose();
        }
    }
}
