namespace DisBack.Specs.Training;

/// <summary>How an optimizer keeps its moments. What is rounded is rounded up or down at random, so that it is right on average.</summary>
public enum MomentType
{
#pragma warning disable CA1720 // They are types.
    /// <summary>IEEE single precision.</summary>
    Float32,

    /// <summary>bfloat16, with 8 significant bits.</summary>
    Bfloat16,

    /// <summary>8 bits and, for each 2048 elements, a scale (arXiv 2110.02861).</summary>
    Int8,
#pragma warning restore CA1720
}
