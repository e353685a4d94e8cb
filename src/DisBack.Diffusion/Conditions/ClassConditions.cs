using static TorchSharp.torch;

namespace DisBack.Diffusion.Conditions;

/// <summary>Classes 0 to n - 1, uniformly drawn.</summary>
/// <param name="classes">The number n of classes.</param>
internal sealed class ClassConditions(int classes) : IConditionSource
{
    public Condition Draw(long count, Generator generator)
    {
        using var drawn = randint(0, classes, [count], int64, generator: generator);
        return ClassCondition.Of(drawn, classes);
    }

    public Condition InTurn(long first, long count)
    {
        using var numbers = arange(first, first + count, int64);
        using var turns = numbers.remainder(classes);
        return ClassCondition.Of(turns, classes);
    }

    public Condition Null(long count) => new ClassCondition(zeros(count, classes));
}
