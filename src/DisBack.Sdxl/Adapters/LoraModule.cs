using DisBack.Diffusion.TextToImage.Layers;

namespace DisBack.Sdxl.Adapters;

/// <summary>A module that a file adapts.</summary>
/// <param name="Part">The network that it is in.</param>
/// <param name="Path">Its path there.</param>
/// <param name="Layer">The layer.</param>
/// <param name="Down">The tensor that is A.</param>
/// <param name="Up">The tensor that is B.</param>
/// <param name="Scale">Alpha over the rank.</param>
internal sealed record LoraModule(AdapterPart Part, string Path, AdaptableLayer Layer, string Down, string Up, double Scale)
{
    /// <summary>Part and path.</summary>
    public string Name => $"{Part.Name}.{Path}";
}
