namespace DisBack.Sdxl.Adapters;

/// <summary>What a tensor of a LoRA is to its module.</summary>
internal enum LoraRole
{
    /// <summary>A: [r, in] or [r, in, k, k].</summary>
    Down,

    /// <summary>B: [out, r] or [out, r, 1, 1].</summary>
    Up,

    /// <summary>The number that the product is multiplied by, after division by the rank.</summary>
    Alpha,
}
