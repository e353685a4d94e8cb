using static TorchSharp.torch;

namespace DisBack.Diffusion.Schedules;

/// <summary>
/// How a network knows noise. A noisy sample is x = image + sigma * noise everywhere in this product; a schedule scales it to what the network was
/// trained on, and turns sigma into the time that the network is told.
/// </summary>
public abstract class NoiseSchedule
{
    private protected NoiseSchedule()
    {
    }

    /// <summary>The smallest noise level that the network is defined for.</summary>
    public abstract double SigmaMin { get; }

    /// <summary>The largest noise level that the network is defined for; may be infinite.</summary>
    public abstract double SigmaMax { get; }

    /// <summary>c_in at noise levels [B,1,1,1]: what the noisy sample is multiplied by; null is 1.</summary>
    public abstract Tensor? InputScale(Tensor sigma);

    /// <summary>c_noise at noise levels [B,1,1,1]: the time that the network is told.</summary>
    public abstract Tensor Time(Tensor sigma);

    /// <summary>The nearest noise levels that the network knows, in the type and shape of <paramref name="sigma"/>: itself, unless there is a table.</summary>
    public virtual Tensor Round(Tensor sigma) => sigma.alias();
}
