using static TorchSharp.torch;

namespace DisBack.Diffusion.Noise;

/// <summary>
/// How well a denoiser tells noise from samples. On the distribution that it has learned, the noise it finds, x_t - D(x_t), is the conditional mean of the
/// noise that was added, so regressing the one on the other has the slope 1 at every noise level. On other samples it takes a part of them for noise as well,
/// and the slope is below 1; of samples with less detail it finds too little, and the slope is above 1, which leads nobody astray.
/// </summary>
public static class NoiseCalibration
{
    /// <summary>A sample whose slope is at least this is one that the denoiser knows; on its own distribution slopes vary by a few hundredths.</summary>
    public const double KnownSlope = 0.9;

    /// <summary>The slope of each sample, sum(n n_found) / sum(n_found^2) with n = sigma eps and n_found = x_t - D(x_t), [B].</summary>
    /// <param name="noisy">Noisy samples x_t = x0 + sigma eps, [B,C,H,W].</param>
    /// <param name="denoised">D(x_t; sigma), [B,C,H,W].</param>
    /// <param name="sigma">Noise levels [B,1,1,1].</param>
    /// <param name="noise">Unit normal noise eps, [B,C,H,W].</param>
    public static Tensor Slopes(Tensor noisy, Tensor denoised, Tensor sigma, Tensor noise)
    {
        using var scope = NewDisposeScope();
        var found = noisy - denoised;
        return ((sigma * noise * found).sum([1, 2, 3]) / found.square().sum([1, 2, 3])).MoveToOuterDisposeScope();
    }

    /// <summary>The part of the samples that the denoiser knows, each counted by its weight, a scalar.</summary>
    /// <param name="slopes">Their slopes, [B].</param>
    /// <param name="weights">Their weights, [B], or one for all.</param>
    public static Tensor Known(Tensor slopes, Tensor weights)
    {
        using var scope = NewDisposeScope();
        var known = slopes.ge(KnownSlope).to(weights.dtype);
        return ((known * weights).sum() / weights.expand_as(known).sum()).MoveToOuterDisposeScope();
    }

    /// <summary>The noise level from which on a denoiser knows samples: it divides the known ones, above, from the others with the fewest errors.</summary>
    /// <param name="slopes">The slope of one sample at each level.</param>
    /// <param name="levels">Noise levels, ascending, as many.</param>
    /// <returns>One of the levels; null where to count none as known makes fewer errors than any of them.</returns>
    public static double? KnownFrom(ReadOnlySpan<float> slopes, ReadOnlySpan<float> levels)
    {
        // Errors of the lowest level: all samples that are not known. Every further level has one of them less, or one known sample more beneath it.
        var errors = 0;
        foreach (var slope in slopes)
        {
            errors += slope < KnownSlope ? 1 : 0;
        }
        var (fewest, best) = (errors, 0);
        for (var level = 1; level <= levels.Length; level++)
        {
            errors += slopes[level - 1] < KnownSlope ? -1 : 1;
            if (errors < fewest)
            {
                (fewest, best) = (errors, level);
            }
        }
        return best < levels.Length ? levels[best] : null;
    }
}
