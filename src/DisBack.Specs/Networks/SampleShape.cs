namespace DisBack.Specs.Networks;

/// <summary>The shape of one sample of a diffusion model: an image in pixels, or latents that a decoder turns into pixels.</summary>
/// <param name="Channels">Channels C.</param>
/// <param name="Height">Height H.</param>
/// <param name="Width">Width W.</param>
public readonly record struct SampleShape(int Channels, int Height, int Width)
{
    /// <summary>The shape as messages name it, for example <c>3x32x32</c>: channels, height, width.</summary>
    public override string ToString() => $"{Channels}x{Height}x{Width}";
}
