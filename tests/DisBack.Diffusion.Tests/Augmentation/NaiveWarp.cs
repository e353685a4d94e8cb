namespace DisBack.Diffusion.Tests.Augmentation;

/// <summary>
/// The warp one step after the other, in double precision: continued by reflection, zeros between the pixels, filtered, sampled between four pixels, filtered
/// again, every second pixel kept. Maps are of columns (x, y, 1) in pixels from the middle of the image.
/// </summary>
internal static class NaiveWarp
{
    private const int Reach = 3;

    private static readonly double[] s_taps =
    [
        0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633, 0.4910559419267466, 0.787641141030194,
        0.3379294217276218, -0.07263752278646252, -0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148,
    ];

    public static double[,] Scaling(double x, double y) => new[,] { { x, 0, 0 }, { 0, y, 0 }, { 0, 0, 1 } };

    public static double[,] Translation(double x, double y) => new[,] { { 1, 0, x }, { 0, 1, y }, { 0, 0, 1 } };

    public static double[,] Rotation(double angle) =>
        new[,] { { Math.Cos(angle), -Math.Sin(angle), 0 }, { Math.Sin(angle), Math.Cos(angle), 0 }, { 0, 0, 1 } };

    public static double[,] Product(params double[][,] factors) => factors.Aggregate((left, right) =>
    {
        var product = new double[3, 3];
        for (var i = 0; i < 9; i++)
        {
            product[i / 3, i % 3] = Enumerable.Range(0, 3).Sum(k => left[i / 3, k] * right[k, i % 3]);
        }
        return product;
    });

    public static IReadOnlyList<double[,,]> Of(IReadOnlyList<double[,,]> images, IReadOnlyList<double[,]> sources)
    {
        var (height, width) = (images[0].GetLength(1), images[0].GetLength(2));
        var corners =
            from source in sources
            from x in new[] { -1, 1 }
            from y in new[] { -1, 1 }
            select Map(source, x * (width - 1) / 2.0, y * (height - 1) / 2.0);
        var (left, right) = (Margin(corners.Max(corner => -corner.X), width), Margin(corners.Max(corner => corner.X), width));
        var (top, bottom) = (Margin(corners.Max(corner => -corner.Y), height), Margin(corners.Max(corner => corner.Y), height));
        return [.. images.Zip(sources, One)];

        double[,,] One(double[,,] image, double[,] source)
        {
            var result = new double[image.GetLength(0), height, width];
            for (var c = 0; c < image.GetLength(0); c++)
            {
                var padded = new double[top + height + bottom, left + width + right];
                for (var y = 0; y < padded.GetLength(0); y++)
                {
                    for (var x = 0; x < padded.GetLength(1); x++)
                    {
                        padded[y, x] = image[c, Reflected(y - top, height), Reflected(x - left, width)];
                    }
                }
                var doubled = Transposed(Upsampled(Transposed(Upsampled(padded))));
                // As the published pipe: the padding moves the middle, the scale is doubled about a point half a pixel off, as the filter is.
                var map = Product(
                    Translation(-0.5, -0.5), Scaling(2, 2), Translation((left - right) / 2.0, (top - bottom) / 2.0), source, Scaling(0.5, 0.5),
                    Translation(0.5, 0.5));
                var sampled = new double[2 * (height + 2 * Reach), 2 * (width + 2 * Reach)];
                for (var y = 0; y < sampled.GetLength(0); y++)
                {
                    for (var x = 0; x < sampled.GetLength(1); x++)
                    {
                        var from = Map(map, x - (sampled.GetLength(1) - 1) / 2.0, y - (sampled.GetLength(0) - 1) / 2.0);
                        sampled[y, x] = Between(doubled, from.X + (doubled.GetLength(1) - 1) / 2.0, from.Y + (doubled.GetLength(0) - 1) / 2.0);
                    }
                }
                var halved = Transposed(Downsampled(Transposed(Downsampled(sampled))));
                for (var y = 0; y < height; y++)
                {
                    for (var x = 0; x < width; x++)
                    {
                        result[c, y, x] = halved[y + Reach, x + Reach];
                    }
                }
            }
            return result;
        }
    }

    private static (double X, double Y) Map(double[,] map, double x, double y) =>
        (map[0, 0] * x + map[0, 1] * y + map[0, 2], map[1, 0] * x + map[1, 1] * y + map[1, 2]);

    private static int Margin(double farthest, int size) => (int)Math.Ceiling(Math.Clamp(farthest + 2 * Reach - (size - 1) / 2.0, 0, size - 1));

    private static int Reflected(int index, int size) => index < 0 ? -index : index >= size ? 2 * size - 2 - index : index;

    /// <summary>Twice as many rows: zeros between them, six more around, and the filter turned round.</summary>
    private static double[,] Upsampled(double[,] image)
    {
        var result = new double[2 * image.GetLength(0), image.GetLength(1)];
        for (var y = 0; y < result.GetLength(0); y++)
        {
            for (var x = 0; x < result.GetLength(1); x++)
            {
                for (var k = 0; k < 12; k++)
                {
                    var at = y + k - 6;
                    result[y, x] += at >= 0 && at < 2 * image.GetLength(0) - 1 && at % 2 == 0 ? s_taps[11 - k] * image[at / 2, x] : 0;
                }
            }
        }
        return result;
    }

    /// <summary>Every second row of the filtered ones, with five more around.</summary>
    private static double[,] Downsampled(double[,] image)
    {
        var result = new double[image.GetLength(0) / 2, image.GetLength(1)];
        for (var y = 0; y < result.GetLength(0); y++)
        {
            for (var x = 0; x < result.GetLength(1); x++)
            {
                for (var k = 0; k < 12; k++)
                {
                    var at = 2 * y + k - 5;
                    result[y, x] += at >= 0 && at < image.GetLength(0) ? s_taps[k] * image[at, x] : 0;
                }
            }
        }
        return result;
    }

    private static double[,] Transposed(double[,] image)
    {
        var result = new double[image.GetLength(1), image.GetLength(0)];
        for (var y = 0; y < result.GetLength(0); y++)
        {
            for (var x = 0; x < result.GetLength(1); x++)
            {
                result[y, x] = image[x, y];
            }
        }
        return result;
    }

    private static double Between(double[,] image, double x, double y)
    {
        var (left, top) = ((int)Math.Floor(x), (int)Math.Floor(y));
        var (right, down) = (x - left, y - top);
        return (1 - down) * Row(top) + down * Row(top + 1);

        double Row(int row) => (1 - right) * At(left, row) + right * At(left + 1, row);

        double At(int column, int row) =>
            row >= 0 && row < image.GetLength(0) && column >= 0 && column < image.GetLength(1) ? image[row, column] : 0;
    }
}
