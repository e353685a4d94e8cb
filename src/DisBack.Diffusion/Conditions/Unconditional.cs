using static TorchSharp.torch;

namespace DisBack.Diffusion.Conditions;

/// <summary>No condition.</summary>
internal sealed class Unconditional : IConditionSource
{
    public Condition? Draw(long count, Generator generator) => null;

    public Condition? InTurn(long first, long count) => null;

    public Condition? Null(long count) => null;
}
