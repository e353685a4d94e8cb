using static TorchSharp.torch;

namespace DisBack.Sdxl.Sampling;

/// <summary>What a sampler asks of a network with its conditions: the noise eps in a noisy sample.</summary>
/// <param name="noisy">float32 [B,C,H,W], scaled as in training. It stays the sampler's: not to be disposed or changed.</param>
/// <param name="timestep">Between 0 and the number of noise levels; with <see cref="Configuration.TimestepSpacing.Linspace"/> it may be fractional.</param>
/// <returns>eps of the same shape, of any type, in the dispose scope of the caller.</returns>
internal delegate Tensor NoisePrediction(Tensor noisy, double timestep);
