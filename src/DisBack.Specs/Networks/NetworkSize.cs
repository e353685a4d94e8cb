namespace DisBack.Specs.Networks;

/// <summary>What a network takes, from its shapes alone.</summary>
/// <param name="Parameters">Trainable numbers; buffers, a few thousand numbers at most, are not counted.</param>
/// <param name="Activations">Numbers that one sample leaves in memory between the forward and the backward pass.</param>
/// <param name="Held">Numbers that one sample holds at the same time in a forward pass without gradients.</param>
public readonly record struct NetworkSize(long Parameters, long Activations, long Held);
