using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Autoencoder;

/// <summary>
/// Decodes a large picture in square tiles that overlap by a quarter of their side and are blended there. All tiles are of full size and evenly spread: a
/// normalisation over a narrow last tile would give it other colours than its neighbour has. Tiles differ a little since each is normalised by itself; over a
/// quarter of the side (256 pixels for SDXL) the difference fades without a visible edge, and the zeros beyond the edge of a tile have next to no weight.
/// </summary>
internal static class TiledDecoding
{
    /// <summary>Pictures [B,3,r*h,r*w].</summary>
    /// <param name="latents">[B,4,h,w].</param>
    /// <param name="side">Side of a tile in latents. Latents of no larger area are decoded whole.</param>
    /// <param name="reduction">r: pixels of a picture for each latent, along a side.</param>
    /// <param name="decode">Decodes a tile.</param>
    public static Tensor Decode(Tensor latents, int side, int reduction, Func<Tensor, Tensor> decode)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 4);
        var (height, width) = (latents.shape[2], latents.shape[3]);
        if (height * width <= (long)side * side)
        {
            return decode(latents);
        }
        using var scope = NewDisposeScope();
        Tensor? sum = null, weights = null;
        var (rows, columns) = (Tiles(height, side), Tiles(width, side));
        foreach (var (top, high) in rows)
        {
            foreach (var (left, wide) in columns)
            {
                using var inner = NewDisposeScope();
                var tile = decode(latents.narrow(2, top, high).narrow(3, left, wide).contiguous());
                sum ??= zeros([latents.shape[0], tile.shape[1], height * reduction, width * reduction], tile.dtype, tile.device).MoveToOuterDisposeScope();
                weights ??= zeros([height * reduction, width * reduction], tile.dtype, tile.device).MoveToOuterDisposeScope();
                var weight = Weights(high, top > 0, top + high < height, tile).unsqueeze(1) * Weights(wide, left > 0, left + wide < width, tile);
                Part(sum, 2).add_(tile.mul_(weight));
                Part(weights, 0).add_(weight);

                Tensor Part(Tensor whole, int dimension) =>
                    whole.narrow(dimension, top * reduction, high * reduction).narrow(dimension + 1, left * reduction, wide * reduction);
            }
        }
        return sum!.div_(weights!).MoveToOuterDisposeScope();

        // Rises from almost 0 to 1 over the overlap at an edge that has a neighbour.
        Tensor Weights(long length, bool before, bool after, Tensor like)
        {
            var distance = arange(length * reduction, ScalarType.Float32, like.device).add_(0.5).div_(Overlap(side) * reduction);
            var rising = distance.clamp_max(1);
            return ((before ? rising : ones_like(rising)) * (after ? rising.flip(0) : ones_like(rising))).to(like.dtype);
        }
    }

    /// <summary>Where tiles of one side begin and how long they are; neighbours overlap by a quarter or more.</summary>
    internal static IReadOnlyList<(long Start, long Length)> Tiles(long length, int side)
    {
        if (length <= side)
        {
            return [(0, length)];
        }
        var stride = side - Overlap(side);
        var count = (length - Overlap(side) + stride - 1) / stride;
        return [.. Range(count).Select(i => (i * (length - side) / (count - 1), (long)side))];

        static IEnumerable<long> Range(long count) => Enumerable.Range(0, (int)count).Select(i => (long)i);
    }

    private static int Overlap(int side) => side / 4;
}
