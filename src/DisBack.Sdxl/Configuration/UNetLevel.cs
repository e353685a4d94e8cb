namespace DisBack.Sdxl.Configuration;

/// <summary>One resolution of the UNet.</summary>
/// <param name="Channels">Channels of its features.</param>
/// <param name="Heads">Attention heads, among which the channels are divided.</param>
/// <param name="Depth">Transformer blocks after each residual block; 0 where the level has no attention.</param>
internal sealed record UNetLevel(int Channels, int Heads, int Depth);
