namespace DisBack.Sdxl.Models;

/// <summary>Where the networks of a model come from.</summary>
/// <param name="Folder">The model.</param>
public sealed record ModelSource(ModelFolder Folder)
{
    /// <summary>Other weights for the denoiser than those of the folder: a student, for example.</summary>
    public string? UNet { get; init; }

    /// <summary>Low-rank adapters that are added to the networks, in this order.</summary>
    public IReadOnlyList<AdapterFile> Adapters { get; init; } = [];

    /// <summary>
    /// Whether adapters are computed beside the weights instead of being merged into them: it takes longer and rounds less where weights have 16 bits.
    /// </summary>
    public bool KeepsAdapters { get; init; }
}
