using System.Numerics;
using DisBack.Diffusion.Augmentation;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Augmentation;

/// <summary>Maps that move pixels onto pixels give the images that everybody can write down.</summary>
public sealed class AffineWarpTests
{
    private const double Tolerance = 2e-5;

    private static Tensor Images()
    {
        using var generator = new Generator(2);
        return rand([2, 3, 10, 8], generator: generator) * 2 - 1;
    }

    [Fact]
    public void Doubling_and_halving_give_an_image_back()
    {
        using var scope = NewDisposeScope();
        Assert.True(AffineWarp.Of(Images(), [Matrix3x2.Identity, Matrix3x2.Identity]).allclose(Images(), rtol: 0, atol: Tolerance));
    }

    [Fact]
    public void A_translation_by_whole_pixels_shifts_the_image_and_continues_it_by_reflection()
    {
        using var scope = NewDisposeScope();
        var images = Images();
        // The pixel at (x, y) comes from (x + 2, y - 3) and from (x - 1, y).
        var warped = AffineWarp.Of(images, [Matrix3x2.CreateTranslation(2, -3), Matrix3x2.CreateTranslation(-1, 0)]);
        var (rows, columns) = (tensor(new long[] { 3, 2, 1, 0, 1, 2, 3, 4, 5, 6 }), tensor(new long[] { 2, 3, 4, 5, 6, 7, 6, 5 }));
        Assert.True(warped[0].allclose(images[0].index_select(1, rows).index_select(2, columns), rtol: 0, atol: Tolerance));
        Assert.True(warped[1].allclose(images[1].index_select(2, tensor(new long[] { 1, 0, 1, 2, 3, 4, 5, 6 })), rtol: 0, atol: Tolerance));
    }

    /// <summary>A wavelet is symmetric only nearly, so what is turned by half a turn is a little softer, and stays where it is.</summary>
    [Fact]
    public void A_half_turn_keeps_the_middle()
    {
        using var scope = NewDisposeScope();
        var y = arange(16, float32).view(16, 1);
        var x = arange(16, float32);
        var blob = (-((y - 6).square() + (x - 9).square()) / 8).exp().view(1, 1, 16, 16);
        var turned = AffineWarp.Of(blob, [Matrix3x2.CreateRotation(MathF.PI)]);
        Assert.InRange((turned - blob.flip(2, 3)).abs().max().item<float>(), 0, 0.05);
    }
}
