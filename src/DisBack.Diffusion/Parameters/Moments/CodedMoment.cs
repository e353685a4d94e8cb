using static TorchSharp.torch;

namespace DisBack.Diffusion.Parameters.Moments;

/// <summary>
/// A moment in 8 bits: in each block of 2048 elements the largest is a scale, and an element is one of 256 parts of it, dense near 1 and reaching down to
/// 1e-7 (8-bit Optimizers via Block-wise Quantization, arXiv 2110.02861, Section 2.2).
/// </summary>
/// <remarks>
/// Of a second moment its root is kept, whose sizes differ as those of the gradients do, and which is rounded up where it would become zero: a step
/// divides by it.
/// </remarks>
internal sealed class CodedMoment : Moment
{
    /// <summary>Elements of a block, as in the paper.</summary>
    public const int BlockLength = 2048;

    private const int Decades = 7;

    private readonly bool _isSecond;
    private readonly Tensor _codes;
    private readonly Tensor _scales;
    private readonly Tensor _parts;

    /// <param name="weights">The parameters' elements, [n].</param>
    /// <param name="isSecond">Whether it is one of squares, which have no sign.</param>
    public CodedMoment(Tensor weights, bool isSecond)
    {
        _isSecond = isSecond;
        var parts = Parts(isSigned: !isSecond);
        _parts = tensor(parts, device: weights.device).DetachFromDisposeScope();
        _codes = full(weights.shape, Array.IndexOf(parts, 0f), ScalarType.Byte, weights.device).DetachFromDisposeScope();
        _scales = zeros([(weights.size(0) + BlockLength - 1) / BlockLength], ScalarType.Float32, weights.device).DetachFromDisposeScope();
    }

    public override IReadOnlyList<(string Suffix, Tensor Value)> State => [("", _codes), ("_scales", _scales)];

    public override Tensor Load(long first, long count)
    {
        var parts = _parts.take(_codes.narrow(0, first, count).to(ScalarType.Int64));
        var values = parts.mul_(Scales(first, count).repeat_interleave(BlockLength).narrow(0, 0, count));
        return _isSecond ? values.mul_(values) : values;
    }

    public override void Store(long first, Tensor values, Generator? random)
    {
        var count = values.size(0);
        var kept = _isSecond ? values.sqrt() : values;
        var padding = (BlockLength - (count % BlockLength)) % BlockLength;
        var blocks = (padding == 0 ? kept : cat([kept, zeros(padding, ScalarType.Float32, kept.device)])).view(-1, BlockLength);
        var scales = blocks.abs().amax([1]);
        Scales(first, count).copy_(scales);
        // A block of zeros has the scale 0.
        var parts = (blocks / scales.clamp_min(float.Epsilon * (1 << 23)).unsqueeze(1)).view(-1).narrow(0, 0, count).clamp(_parts[0], _parts[^1]);
        // The neighbours of each, below or equal and above.
        var below = searchsorted(_parts, parts, false, true).sub_(1).clamp_max_(_parts.size(0) - 2);
        var low = _parts.take(below);
        var place = (parts - low).div_(_parts.take(below + 1) - low);
        var isUp = place.gt(rand(place.shape, ScalarType.Float32, place.device, generator: random));
        if (_isSecond)
        {
            isUp = isUp.logical_or_(low.eq(0).logical_and_(parts.gt(0)));
        }
        _codes.narrow(0, first, count).copy_(below.add_(isUp));
    }

    public override void Dispose()
    {
        base.Dispose();
        _parts.Dispose();
    }

    /// <summary>
    /// The 256 numbers that a code stands for, rising: the means of equal intervals of each decade, in each twice as many as in the one below, with 0 and 1.
    /// </summary>
    /// <param name="isSigned">Whether there are negative ones: half as many in each decade then, and no -1.</param>
    internal static float[] Parts(bool isSigned)
    {
        var parts = new List<float> { 0, 1 };
        for (var decade = 0; decade < Decades; decade++)
        {
            var intervals = isSigned ? 1 << decade : 2 << decade;
            var scale = Math.Pow(10, decade - Decades + 1);
            for (var interval = 0; interval < intervals; interval++)
            {
                var mean = (float)(scale * (0.1 + (0.9 * (interval + 0.5) / intervals)));
                parts.Add(mean);
                if (isSigned)
                {
                    parts.Add(-mean);
                }
            }
        }
        parts.Sort();
        return [.. parts];
    }

    private Tensor Scales(long first, long count) => _scales.narrow(0, first / BlockLength, (count + BlockLength - 1) / BlockLength);
}
