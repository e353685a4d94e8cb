using DisBack.Specs.Noise;

namespace DisBack.Specs.Backtracking;

/// <summary>
/// Which noise levels a host hears most: what it pushes into an image goes with mean |x0 - D_target| ^ OfResidual * sigma ^ OfSigma. One with a normaliser
/// hears all alike.
/// </summary>
/// <param name="Noise">The noise levels at which it compares scores.</param>
/// <param name="OfResidual">The power of mean |x0 - D_target|.</param>
/// <param name="OfSigma">The power of sigma.</param>
public sealed record HostSignal(NoiseLaw Noise, double OfResidual = 0, double OfSigma = 0);
