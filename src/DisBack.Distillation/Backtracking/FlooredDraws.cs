using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Noise;
using static TorchSharp.torch;

namespace DisBack.Distillation.Backtracking;

/// <summary>The draws of stage 2, with the noise nowhere under a floor (<see cref="NoiseFloor"/>).</summary>
/// <param name="draws">The draws whose noise levels are raised.</param>
/// <param name="settings">When there is a floor.</param>
/// <param name="signal">What the host hears.</param>
/// <param name="generator">The student.</param>
/// <param name="part">Samples that are computed at once.</param>
internal sealed class FlooredDraws(IDraws draws, NoiseFloor settings, HostSignal signal, IGenerator generator, int part) : IDraws
{
    /// <summary>Samples of a look: six noise levels to every doubling.</summary>
    public const int Samples = 64;

    /// <summary>The noise levels that are looked at: of samples with a deviation near 1 the lowest leaves nearly all, and the highest nothing.</summary>
    private const double Lowest = 1.0 / 64, Highest = 32;

    /// <summary>The lowest noise level; 0 is none. Part of the checkpoint.</summary>
    public double Floor { get; set; }

    /// <summary>The last target that was asked whether the host needs a floor; null before the first. Part of the checkpoint.</summary>
    public int? Asked { get; set; }

    public Draw At(long step, NoiseLaw law, long batch, string? purpose = null)
    {
        var draw = draws.At(step, law, batch, purpose);
        return Floor == 0 ? draw : draw with { Sigma = draw.Sigma.clamp_min(Floor) };
    }

    /// <summary>Asks a new target whether the host needs a floor. One that there is stays to the end.</summary>
    /// <param name="iteration">The iteration that comes, from 0.</param>
    /// <param name="target">The target of this iteration.</param>
    /// <param name="index">Its node; 0 is the teacher.</param>
    /// <returns>What was seen.</returns>
    /// <remarks>A floor that was measured anew and fell with the student let it drift away again (see the benchmark log).</remarks>
    public IReadOnlyList<Measurement> Ask(long iteration, Denoiser target, int index)
    {
        if (settings.Enough == 0 || Floor > 0 || Asked == index)
        {
            return [];
        }
        using var scope = NewDisposeScope();
        Asked = index;
        var (slopes, weights) = Compare(iteration, target, "calibration", levels: null);
        var known = NoiseCalibration.Known(slopes, weights).item<float>();
        var calibration = new Measurement(iteration, "target_calibration", known);
        if (known >= settings.Enough)
        {
            return [calibration];
        }
        var levels = logspace(Math.Log2(Lowest), Math.Log2(Highest), Samples, @base: 2, float32)
            .clamp_(target.Schedule.SigmaMin, target.Schedule.SigmaMax);
        var ofLevels = Compare(iteration, target, "noise floor", levels).Slopes.cpu();
        Floor = NoiseCalibration.KnownFrom(ofLevels.data<float>().ToArray(), levels.data<float>().ToArray()) ?? 0;
        return [calibration, new(iteration, "noise_floor", Floor)];
    }

    /// <summary>How well the target knows what the student makes now, and what the host would push into each sample, both [64].</summary>
    /// <param name="iteration">The iteration that comes.</param>
    /// <param name="target">The present target.</param>
    /// <param name="purpose">What the samples are drawn for.</param>
    /// <param name="levels">Their noise levels, [64]; null: as the host draws them.</param>
    private (Tensor Slopes, Tensor Weights) Compare(long iteration, Denoiser target, string purpose, Tensor? levels)
    {
        List<Tensor> slopes = [], weights = [];
        for (var first = 0; first < Samples; first += part)
        {
            var count = Math.Min(part, Samples - first);
            var draw = draws.At(iteration, signal.Noise, count, $"{purpose} {first}");
            if (levels is not null)
            {
                draw = draw with { Sigma = levels.narrow(0, first, count).view(-1, 1, 1, 1).to(draw.Sigma.device) };
            }
            using var probe = new StudentProbe(generator, draw);
            var ofPart = probe.Compare(target, signal);
            slopes.Add(ofPart.Slopes);
            weights.Add(ofPart.Weights);
        }
        return (cat(slopes), cat(weights));
    }
}
