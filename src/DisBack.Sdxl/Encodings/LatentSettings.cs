using DisBack.Specs.Files;

namespace DisBack.Sdxl.Encodings;

/// <summary>How pictures become latents.</summary>
/// <param name="Type">Half or single precision, of what is stored; it is computed in single precision.</param>
/// <param name="Seed">The autoencoder makes a distribution of each picture: its mean is taken, or with a seed a sample.</param>
public sealed record LatentSettings(ElementType Type = ElementType.F16, long? Seed = null);
