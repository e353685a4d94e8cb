using static TorchSharp.torch;

namespace DisBack.Diffusion.Conditions;

/// <summary>What the samples of a batch are to show, one row for each. No condition at all is null.</summary>
public abstract record Condition
{
    private protected Condition()
    {
    }

    /// <summary>What it is made of, [B,...] each, in a fixed order.</summary>
    public abstract IReadOnlyList<Tensor> Parts { get; }

    /// <summary>Rows.</summary>
    public long Count => Parts[0].size(0);

    /// <summary>A condition of the same kind, made of other tensors.</summary>
    /// <param name="parts">As <see cref="Parts"/>.</param>
    public abstract Condition Of(IReadOnlyList<Tensor> parts);

    /// <summary>The same rows on a device, without waiting for it.</summary>
    public Condition SentTo(Device device) => Of([.. Parts.Select(part => part.SentTo(device))]);

    /// <summary>One-hot rows float32 [count,classes] for a network that knows classes; zeros where nothing is to be shown, null where it knows none.</summary>
    /// <param name="condition">The condition, or null.</param>
    /// <param name="classes">Number of classes that the network knows.</param>
    /// <param name="count">Rows.</param>
    /// <param name="device">Where the network is.</param>
    /// <exception cref="DisBackException">The condition is of another kind.</exception>
    internal static Tensor? ClassRows(Condition? condition, int classes, long count, Device device) => (classes, condition) switch
    {
        (0, _) => null,
        (_, null) => zeros(count, classes, device: device),
        (_, ClassCondition shown) => shown.OneHot.to(ScalarType.Float32).reshape(-1, classes),
        _ => throw new DisBackException($"The network is conditional on {classes} classes and cannot use {condition.GetType().Name}: give it classes."),
    };

    /// <summary>Some of the rows, as views.</summary>
    public Condition Rows(long first, long count) => Of([.. Parts.Select(part => part.narrow(0, first, count))]);
}

/// <summary>Classes.</summary>
/// <param name="OneHot">One-hot rows, float32 [B,classes]; a row of zeros is no class.</param>
public sealed record ClassCondition(Tensor OneHot) : Condition
{
    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Parts => [OneHot];

    /// <inheritdoc/>
    public override Condition Of(IReadOnlyList<Tensor> parts) => new ClassCondition(parts[0]);

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
    public override IReadOnlyList<Tensor> Parts => [.. Tensors.Values];

    /// <summary>The tensor of one name.</summary>
    /// <exception cref="DisBackException">There is none.</exception>
    public Tensor this[string name] => Tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw new DisBackException($"The condition has no embedding '{name}', only {string.Join(", ", Tensors.Keys)}: give the network the condition that it "
            + "was trained with.");

    /// <inheritdoc/>
    public override Condition Of(IReadOnlyList<Tensor> parts) =>
        new EmbeddingCondition(Tensors.Keys.Zip(parts).ToDictionary(pair => pair.First, pair => pair.Second));
}
