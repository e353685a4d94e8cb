using static TorchSharp.torch;

namespace DisBack.Diffusion.Conditions;

/// <summary>The same class for every sample.</summary>
/// <param name="label">The class.</param>
/// <param name="classes">The number of classes.</param>
internal sealed class OneClass(int label, int classes) : IConditionSource
{
    public Condition Draw(long count, Generator generator) => InTurn(0, count);

    public Condition InTurn(long first, long count)
    {
        using var labels = full([count], label, int64);
        return ClassCondition.Of(labels, classes);
    }

    public Condition Null(long count) => new ClassCondition(zeros(count, classes));
}
