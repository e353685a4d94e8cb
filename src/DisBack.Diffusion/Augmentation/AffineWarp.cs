using System.Numerics;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Augmentation;

/// <summary>
/// Moves the pixels of images along affine maps as Karras et al. 2020 (Appendix B) do, without the blur and the steps of a warp at one resolution: images are
/// continued by reflection, doubled by the wavelet sym6, sampled bilinearly at twice their resolution, and halved by the same wavelet.
/// </summary>
/// <remarks>
/// The wavelet is orthogonal: doubling and halving alone give an image back. Both, with the reflection and the crop, are linear in each axis, so each is
/// one matrix from the left for the rows and one from the right for the columns.
/// </remarks>
internal static class AffineWarp
{
    /// <summary>The low-pass filter of the wavelet sym6 (Daubechies 1992).</summary>
    private static readonly double[] s_taps =
    [
        0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633, 0.4910559419267466, 0.787641141030194,
        0.3379294217276218, -0.07263752278646252, -0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148,
    ];

    /// <summary>The tap at the place of the pixel itself, which is the largest: a doubled image has pixel i at 2 i.</summary>
    private const int Middle = 5;

    /// <summary>Pixels that the filter reaches to a side.</summary>
    private const int Reach = 3;

    /// <summary>The warped images.</summary>
    /// <param name="images">Float32 [B,C,H,W], of which each pixel is a point in its middle.</param>
    /// <param name="sources">For a point of each result, where it comes from, both in pixels from the middle of the image.</param>
    public static Tensor Of(Tensor images, IReadOnlyList<Matrix3x2> sources)
    {
        using var scope = NewDisposeScope();
        var (height, width) = ((int)images.size(2), (int)images.size(3));
        var (before, after) = Margins(new Vector2(width, height), sources);
        // [H', H] X [W, W'] with H' and W' doubled, after which the sampled images have twice the size and twice the reach of the filter.
        var doubled = There(Doubling(height, (int)before.Y, (int)after.Y)).matmul(images.matmul(There(Doubling(width, (int)before.X, (int)after.X)).t()));
        var sampled = nn.functional.grid_sample(
            doubled, Grid(images, sources, before, after), GridSampleMode.Bilinear, GridSamplePaddingMode.Zeros, align_corners: false);
        return There(Halving(height)).matmul(sampled.matmul(There(Halving(width)).t())).MoveToOuterDisposeScope();

        // A copy, as products of matrices differ in their last bits with the alignment of what they read, which is that of a managed array.
        Tensor There(float[,] matrix) => tensor(matrix).clone().SentTo(images.device);
    }

    /// <summary>Pixels by which images are continued, enough for what every image of the batch needs and for the filter, as far as a reflection goes.</summary>
    private static (Vector2 Before, Vector2 After) Margins(Vector2 size, IReadOnlyList<Matrix3x2> sources)
    {
        var corner = (size - Vector2.One) / 2;
        var (least, most) = (new Vector2(float.PositiveInfinity), new Vector2(float.NegativeInfinity));
        foreach (var source in sources)
        {
            foreach (var sign in (Vector2[])[new(-1, -1), new(1, -1), new(1, 1), new(-1, 1)])
            {
                var from = Vector2.Transform(sign * corner, source);
                (least, most) = (Vector2.Min(least, from), Vector2.Max(most, from));
            }
        }
        return (Needed(-least), Needed(most));

        Vector2 Needed(Vector2 farthest)
        {
            var margin = Vector2.Clamp(farthest - corner + new Vector2(2 * Reach), Vector2.Zero, size - Vector2.One);
            return new(MathF.Ceiling(margin.X), MathF.Ceiling(margin.Y));
        }
    }

    /// <summary>From an axis of n pixels to its continuation by reflection, doubled: [2 (before + n + after), n].</summary>
    private static float[,] Doubling(int n, int before, int after)
    {
        var matrix = new float[2 * (before + n + after), n];
        for (var i = -before; i < n + after; i++)
        {
            var pixel = i < 0 ? -i : i < n ? i : 2 * (n - 1) - i;
            for (var tap = 0; tap < s_taps.Length; tap++)
            {
                var row = 2 * (i + before) + tap - Middle;
                if (row >= 0 && row < matrix.GetLength(0))
                {
                    matrix[row, pixel] += (float)s_taps[tap];
                }
            }
        }
        return matrix;
    }

    /// <summary>From a doubled axis that begins and ends the filter's reach beyond n pixels to these: [n, 2 (n + 2 reach)].</summary>
    private static float[,] Halving(int n)
    {
        var matrix = new float[n, 2 * (n + 2 * Reach)];
        for (var i = 0; i < n; i++)
        {
            for (var tap = 0; tap < s_taps.Length; tap++)
            {
                matrix[i, 2 * (i + Reach) + tap - Middle] = (float)s_taps[tap];
            }
        }
        return matrix;
    }

    /// <summary>Where each pixel of the doubled results is sampled in the doubled images, [B,H',W',2], from -1 to 1 as libtorch counts.</summary>
    private static Tensor Grid(Tensor images, IReadOnlyList<Matrix3x2> sources, Vector2 before, Vector2 after)
    {
        var size = new Vector2(images.size(3), images.size(2));
        var reached = size + new Vector2(2 * Reach);
        // A doubled pixel is a point at its beginning, where the filter has its middle, and libtorch's is in the middle of the pixel.
        var quarter = new Vector2(0.25f);
        var fromResult = Matrix3x2.CreateScale(reached / 2) * Matrix3x2.CreateTranslation(quarter);
        var toImage = Matrix3x2.CreateTranslation((before - after) / 2 - quarter) * Matrix3x2.CreateScale(2 * Vector2.One / (before + size + after));
        var maps = new float[6, sources.Count];
        for (var i = 0; i < sources.Count; i++)
        {
            var map = fromResult * sources[i] * toImage;
            (maps[0, i], maps[1, i], maps[2, i]) = (map.M11, map.M21, map.M31);
            (maps[3, i], maps[4, i], maps[5, i]) = (map.M12, map.M22, map.M32);
        }
        var of = tensor(maps).view(6, -1, 1, 1).SentTo(images.device).unbind();
        var (x, y) = (Points((int)reached.X), Points((int)reached.Y).unsqueeze(1));
        // Not a product of matrices, which TF32 would round to a thousandth of the image.
        return stack([of[0] * x + of[1] * y + of[2], of[3] * x + of[4] * y + of[5]], -1);

        Tensor Points(int pixels) => ((arange(2 * pixels, float32, images.device) + 0.5).div_(pixels)).sub_(1);
    }
}
