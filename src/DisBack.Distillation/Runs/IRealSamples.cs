using DisBack.Diffusion.Conditions;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>Batches of real samples, images or latents, for what learns from them, in an order that is a pure function of (seed, step).</summary>
public interface IRealSamples : IDisposable
{
    /// <summary>The shape of a sample.</summary>
    SampleShape Shape { get; }

    /// <summary>The number of their classes; 0 if they have none.</summary>
    int Classes { get; }

    /// <summary>The batch of one step: samples float32 [size,C,H,W], and what each of them shows, if that is known.</summary>
    (Tensor Samples, Condition? Condition) Batch(long step, long size);
}
