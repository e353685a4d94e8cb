using static TorchSharp.torch;

namespace DisBack.Diffusion.Conditions;

/// <summary>Where the conditions of generated samples come from. On the CPU, in the caller's dispose scope.</summary>
public interface IConditionSource
{
    /// <summary>Random conditions for training, a pure function of the generator's state, and so of (seed, step).</summary>
    Condition? Draw(long count, Generator generator);

    /// <summary>The conditions of the samples numbered first to first + count - 1, so that an evaluation shows every one equally often.</summary>
    Condition? InTurn(long first, long count);

    /// <summary>The condition that means none, for classifier-free guidance.</summary>
    Condition? Null(long count);

    /// <summary>Classes, uniformly drawn; nothing where there are none.</summary>
    /// <param name="count">Number of classes.</param>
    static IConditionSource OfClasses(int count) => count > 0 ? new ClassConditions(count) : new Unconditional();

    /// <summary>One class for every sample.</summary>
    /// <param name="label">The class, from 0.</param>
    /// <param name="count">Number of classes.</param>
    /// <exception cref="DisBackException">There is no such class.</exception>
    static IConditionSource OfClass(int label, int count) =>
        count == 0 ? throw new DisBackException("The network knows no classes, so none can be chosen; draw without a class.")
        : label < 0 || label >= count ? throw new DisBackException($"There is no class {label}; the network has the classes 0 to {count - 1}.")
        : new OneClass(label, count);
}
