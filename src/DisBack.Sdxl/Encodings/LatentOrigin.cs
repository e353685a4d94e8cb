namespace DisBack.Sdxl.Encodings;

/// <summary>What the latents of a file were encoded from: the field <c>latents</c> of its metadata.</summary>
/// <param name="Pictures">How many there are.</param>
/// <param name="PictureList">Digest of the pictures in their order, or of the files that held latents already.</param>
/// <param name="Autoencoder">Digest of the autoencoder; null where there were latents already.</param>
/// <param name="Size">Side of the pictures in pixels.</param>
/// <param name="Seed">Seed of the noise; null where the latents are means.</param>
internal sealed record LatentOrigin(long Pictures, string PictureList, string? Autoencoder, int Size, long? Seed);
