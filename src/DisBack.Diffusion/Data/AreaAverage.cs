using static TorchSharp.torch;

namespace DisBack.Diffusion.Data;

/// <summary>Resizing by area averaging: each new pixel is the mean of the old image over the square that it covers (an exact box filter).</summary>
public static class AreaAverage
{
    /// <summary>
    /// Resizes floating-point images [..., H, W] to [..., <paramref name="resolution"/>, <paramref name="resolution"/>], in their own type and on their own
    /// device.
    /// </summary>
    /// <remarks>For a whole ratio this is the mean of each block of pixels; otherwise pixels on a border count by the part that is covered.</remarks>
    public static Tensor Resize(Tensor images, int resolution)
    {
        var (height, width) = (images.shape[^2], images.shape[^1]);
        if (height == resolution && width == resolution)
        {
            return images.alias();
        }
        using var scope = NewDisposeScope();
        var rows = Weights(height, resolution, images);
        var columns = Weights(width, resolution, images);
        return rows.matmul(images).matmul(columns.t()).MoveToOuterDisposeScope();
    }

    /// <summary>Crops bytes [..., H, W] to their middle square and averages areas to [..., resolution, resolution], rounding halves up.</summary>
    public static Tensor Square(Tensor bytes, int resolution)
    {
        var (height, width) = (bytes.shape[^2], bytes.shape[^1]);
        var side = Math.Min(height, width);
        var square = bytes.narrow(-2, (height - side) / 2, side).narrow(-1, (width - side) / 2, side);
        if (side == resolution)
        {
            return square;
        }
        // float64: a sum that rounds differently on another machine would make other bytes.
        return (Resize(square.to(float64), resolution) + 0.5).floor().to(uint8);
    }

    /// <summary>[to, from]: row i holds the part of each old pixel inside new pixel i, as fractions of the new pixel's length.</summary>
    private static Tensor Weights(long from, long to, Tensor like)
    {
        var weights = new double[to, from];
        // Lengths are counted in units of 1 / (from * to), so that every border is a whole number and the weights are exact quotients.
        for (long i = 0; i < to; i++)
        {
            var (start, end) = (i * from, (i + 1) * from);
            for (var j = start / to; j * to < end; j++)
            {
                weights[i, j] = (double)(Math.Min(end, (j + 1) * to) - Math.Max(start, j * to)) / from;
            }
        }
        return tensor(weights, dtype: like.dtype, device: like.device);
    }
}
