using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Parameters.Moments;

/// <summary>A moment of all elements of a group of parameters, kept in one of the types of <see cref="MomentType"/> and computed with in float32.</summary>
/// <remarks>
/// What is rounded is rounded up or down at random, so that it is right on average: a second moment that changes by a thousandth in a step would never fall
/// if it were rounded to the nearest of numbers that are further apart than that.
/// </remarks>
internal abstract class Moment : IDisposable
{
    /// <summary>Its tensors, each with what its name has beside the moment's: all of its state.</summary>
    public abstract IReadOnlyList<(string Suffix, Tensor Value)> State { get; }

    /// <summary>A moment that is zero.</summary>
    /// <param name="type">How it is kept.</param>
    /// <param name="weights">The parameters' elements, [n].</param>
    /// <param name="isSecond">Whether it is one of squares.</param>
    public static Moment Of(MomentType type, Tensor weights, bool isSecond) => type switch
    {
        MomentType.Float32 => new ExactMoment(weights),
        MomentType.Bfloat16 => new HalfMoment(weights),
        MomentType.Int8 => new CodedMoment(weights, isSecond),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such type."),
    };

    /// <summary>Some of its elements, float32 [count], which may be changed.</summary>
    /// <param name="first">The first: a multiple of <see cref="FlatAdam.ChunkLength"/>.</param>
    /// <param name="count">How many.</param>
    public abstract Tensor Load(long first, long count);

    /// <summary>Keeps elements that were loaded, as they are now.</summary>
    /// <param name="first">The first.</param>
    /// <param name="values">They, float32 [count].</param>
    /// <param name="random">Decides which are rounded up and which down.</param>
    public abstract void Store(long first, Tensor values, Generator? random);

    public virtual void Dispose()
    {
        foreach (var (_, value) in State)
        {
            value.Dispose();
        }
    }

    private sealed class ExactMoment(Tensor weights) : Moment
    {
        private readonly Tensor _values = zeros_like(weights);

        public override IReadOnlyList<(string Suffix, Tensor Value)> State => [("", _values)];

        public override Tensor Load(long first, long count) => _values.narrow(0, first, count);

        public override void Store(long first, Tensor values, Generator? random)
        {
            // What was loaded is a view.
        }
    }
}
