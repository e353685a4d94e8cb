using static TorchSharp.torch;

namespace DisBack.Diffusion.Conditions;

/// <summary>What the samples of a batch are to show, one row for each. No condition at all is null.</summary>
public abstract record Condition
{
    private protected Condition()
    {
    }

    /// <summary>Rows.</summary>
    public abstract long Count { get; }

    /// <summary>The same rows on a device, without waiting for it.</summary>
    public abstract Condition SentTo(Device device);

    /// <summary>Some of the rows, as views.</summary>
    public abstract Condition Rows(long first, long count);
}

/// <summary>Classes.</summary>
/// <param name="OneHot">One-hot rows, float32 [B,classes]; a row of zeros is no class.</param>
public sealed record ClassCondition(Tensor OneHot) : Condition
{
    /// <inheritdoc/>
    public override long Count => OneHot.shape[0];

    /// <inheritdoc/>
    public override Condition SentTo(Device device) => new ClassCondition(OneHot.SentTo(device));

    /// <inheritdoc/>
    public override Condition Rows(long first, long count) => new ClassCondition(OneHot.narrow(0, first, count));

    /// <summary>The rows of classes int64 [B].</summary>
    public static ClassCondition Of(Tensor classes, long count)
    {
        using var rows = nn.functional.one_hot(classes, count);
        return new ClassCondition(rows.to(float32));
    }
}

/// <summary>Embeddings, for example of a text: several tensors by name, such as a sequence, a pooled vector and sizes.</summary>
/// <param name="Tensors">Each [B,...].</param>
public sealed record EmbeddingCondition(IReadOnlyDictionary<string, Tensor> Tensors) : Condition
{
    /// <inheritdoc/>
    public override long Count => Tensors.Values.First().shape[0];

    /// <summary>The tensor of one name.</summary>
    /// <exception cref="DisBackException">There is none.</exception>
    public Tensor this[string name] => Tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw new DisBackException($"The condition has no embedding '{name}', only {string.Join(", ", Tensors.Keys)}: give the network the condition that it "
            + "was trained with.");

    /// <inheritdoc/>
    public override Condition SentTo(Device device) => new EmbeddingCondition(Tensors.ToDictionary(pair => pair.Key, pair => pair.Value.SentTo(device)));

    /// <inheritdoc/>
    public override Condition Rows(long first, long count) =>
        new EmbeddingCondition(Tensors.ToDictionary(pair => pair.Key, pair => pair.Value.narrow(0, first, count)));
}
