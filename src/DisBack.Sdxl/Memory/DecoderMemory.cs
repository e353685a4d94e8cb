using DisBack.Sdxl.Configuration;

namespace DisBack.Sdxl.Memory;

/// <summary>
/// What the decoder has in memory, from the shapes and in the order in which the forward methods of <c>DisBack.Sdxl.Networks.Autoencoder</c> make and release
/// tensors.
/// </summary>
internal static class DecoderMemory
{
    private const int Colours = 3;

    /// <summary>Elements at the peak of one picture, without parameters.</summary>
    /// <param name="config">The autoencoder.</param>
    /// <param name="height">Height of the latents.</param>
    /// <param name="width">Their width.</param>
    /// <param name="side">Side of a tile in latents; a picture of no larger area is decoded whole.</param>
    public static long Peak(AutoencoderConfig config, long height, long width, long side)
    {
        if (height * width <= side * side)
        {
            return Whole(config, height, width);
        }
        // The picture and the sum of the weights of its tiles.
        var picture = (Colours + 1) * height * width * config.Reduction * config.Reduction;
        return picture + Whole(config, Math.Min(side, height), Math.Min(side, width));
    }

    private static long Whole(AutoencoderConfig config, long height, long width)
    {
        var live = new LiveElements();
        // As they come, scaled, and after the first convolution.
        var latents = new Features(1, config.LatentChannels, height, width);
        live.Take(latents);
        live.Take(latents);
        live.Take(latents);
        var x = latents with { Channels = config.Channels[^1] };
        live.During(x.ConvolvedFrom(latents, 3));
        live.Take(x);
        Middle();
        for (var level = config.Channels.Count - 1; level >= 0; level--)
        {
            // What enters a level is there until the level is done.
            var entering = x;
            Residual(config.Channels[level]);
            live.Take(entering);
            for (var layer = 0; layer < config.LayersPerBlock; layer++)
            {
                Residual(config.Channels[level]);
            }
            if (level > 0)
            {
                Upsampled();
            }
            live.Free(entering);
        }
        var picture = x with { Channels = Colours };
        live.During(x.Elements + picture.ConvolvedFrom(x, 3));
        return live.Peak;

        void Middle()
        {
            Residual(x.Channels);
            // Normalised features, queries, keys, values, what was attended, its projection, that in the order of features, and the sum.
            live.During(8 * x.Elements);
            var (before, attended) = (live.Take(x), live.Take(x));
            Residual(x.Channels);
            live.Free(before);
            live.Free(attended);
        }

        void Residual(long channels)
        {
            var to = x with { Channels = channels };
            // Activated features of each convolution, then the shortcut's beside the result.
            live.During(x.Elements + to.ConvolvedFrom(x, 3));
            live.During((2 * to.Elements) + to.ConvolvedFrom(to, 3));
            live.During(to.Elements + (channels == x.Channels ? 0 : to.ConvolvedFrom(x, 1)));
            Replace(to);
        }

        void Upsampled()
        {
            var larger = x with { Height = 2 * x.Height, Width = 2 * x.Width };
            live.During(larger.Elements + larger.ConvolvedFrom(larger, 3));
            Replace(larger);
        }

        void Replace(Features next)
        {
            live.Take(next);
            live.Free(x);
            x = next;
        }
    }
}
