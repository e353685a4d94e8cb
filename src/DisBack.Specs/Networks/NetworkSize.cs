namespace DisBack.Specs.Networks;

/// <summary>What a network takes, from its shapes alone.</summary>
/// <param name="Parameters">Trainable numbers; buffers, a few thousand numbers at most, are not counted.</param>
/// <param name="Activations">Numbers that one sample leaves in memory between the forward and the backward pass.</param>
/// <param name="Held">Numbers that one sample holds at the same time in a forward pass without gradients.</param>
public readonly record struct NetworkSize(long Parameters, long Activations, long Held)
{
    /// <summary>
    /// Numbers that one sample leaves in memory where blocks are run again for their gradients, with those of the largest block while it is; 0 for a network
    /// that cannot.
    /// </summary>
    public long Checkpointed { get; init; }

    /// <summary>
    /// The same of the way down alone, whose features a discriminator sees: of all activations, and of checkpointed ones; 0 where that is not known.
    /// </summary>
    public (long Activations, long Checkpointed) Encoder { get; init; }
}
