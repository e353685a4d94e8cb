using static TorchSharp.torch;

namespace DisBack.Diffusion.Parameters.Moments;

/// <summary>A moment in bfloat16: 8 significant bits, and all sizes that float32 has but those below 2^-100.</summary>
/// <param name="weights">The parameters' elements, [n].</param>
internal sealed class HalfMoment(Tensor weights) : Moment
{
    private const int SignificantBits = 8;

    /// <summary>Powers of two that are less far from 1 than those whose inverse float32 does not have.</summary>
    private const int LeastExponent = -100;

    private readonly Tensor _values = zeros(weights.shape, ScalarType.BFloat16, weights.device).DetachFromDisposeScope();

    public override IReadOnlyList<(string Suffix, Tensor Value)> State => [("", _values)];

    public override Tensor Load(long first, long count) => _values.narrow(0, first, count).to(ScalarType.Float32);

    public override void Store(long first, Tensor values, Generator? random)
    {
        // In units of the last bit, whole numbers are what bfloat16 has.
        var exponents = values.frexp().Item2.clamp_min_(LeastExponent).sub_(SignificantBits);
        var units = ldexp(values, -exponents).add_(rand(values.shape, ScalarType.Float32, values.device, generator: random)).floor_();
        _values.narrow(0, first, values.size(0)).copy_(ldexp(units, exponents));
    }
}
