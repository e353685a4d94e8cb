using DisBack.Specs.Networks;

namespace DisBack.Sdxl.Memory;

/// <summary>
/// What a pass through the denoiser without gradients has in memory, from the shapes and in the order in which the forward methods of
/// <c>DisBack.Diffusion.TextToImage.UNet</c> make and release tensors. Attention is a fused kernel, which makes no matrix of weights.
/// </summary>
internal static class UNetMemory
{
    /// <summary>The inner width of a feed-forward network, in widths.</summary>
    private const int Expansion = 4;

    /// <summary>Elements at the peak, without parameters.</summary>
    /// <param name="config">The network.</param>
    /// <param name="rows">Samples at a time, both halves of guidance counted.</param>
    /// <param name="height">Height of the latents.</param>
    /// <param name="width">Their width.</param>
    /// <param name="tokens">Tokens of a prompt.</param>
    public static long Peak(TextUnetSettings config, long rows, long height, long width, long tokens)
    {
        var live = new LiveElements();
        var latents = live.Take(new(rows, config.LatentChannels, height, width));
        live.Take(new(rows, config.ContextWidth, tokens, 1));
        var skips = new Stack<Features>();
        var first = latents with { Channels = config.Levels[0].Channels };
        live.During(first.ConvolvedFrom(latents, 3));
        skips.Push(live.Take(first));
        for (var level = 0; level < config.Levels.Count; level++)
        {
            Down(level);
        }
        var x = Middle();
        for (var level = config.Levels.Count - 1; level >= 0; level--)
        {
            x = Up(level, x);
        }
        live.During((2 * x.Elements) + latents.ConvolvedFrom(x, 3));
        return live.Peak;

        void Down(int level)
        {
            for (var layer = 0; layer < config.LayersPerBlock; layer++)
            {
                var stage = Residual(skips.Peek(), config.Levels[level].Channels);
                Attended(stage, config.Levels[level].Depth);
                skips.Push(stage);
            }
            if (level < config.Levels.Count - 1)
            {
                live.During(skips.Peek().Halved.ConvolvedFrom(skips.Peek(), 3));
                skips.Push(live.Take(skips.Peek().Halved));
            }
        }

        Features Middle()
        {
            var before = Residual(skips.Peek(), config.Levels[^1].Channels);
            live.During(Transformer(before, tokens));
            var attended = live.Take(before);
            var middle = Residual(attended, attended.Channels);
            live.Free(before);
            live.Free(attended);
            return middle;
        }

        Features Up(int level, Features x)
        {
            for (var layer = 0; layer <= config.LayersPerBlock; layer++)
            {
                var skip = skips.Pop();
                var joined = live.Take(x with { Channels = x.Channels + skip.Channels });
                live.Free(x);
                live.Free(skip);
                x = Residual(joined, config.Levels[level].Channels);
                live.Free(joined);
                Attended(x, config.Levels[level].Depth);
            }
            return level == 0 ? x : Upsampled(x);
        }

        Features Upsampled(Features coarse)
        {
            var enlarged = live.Take(skips.Peek() with { Channels = coarse.Channels });
            live.During(enlarged.ConvolvedFrom(enlarged, 3));
            // The convolution's result has the shape of what it is made from, which is freed.
            live.Free(coarse);
            return enlarged;
        }

        Features Residual(Features entering, long channels)
        {
            var to = entering with { Channels = channels };
            // Normalised and activated features of each convolution; then both convolutions' results, and the shortcut's.
            live.During((2 * entering.Elements) + to.ConvolvedFrom(entering, 3));
            live.During((3 * to.Elements) + to.ConvolvedFrom(to, 3));
            live.During((2 * to.Elements) + (channels == entering.Channels ? 0 : to.ConvolvedFrom(entering, 1)));
            return live.Take(to);
        }

        // The result takes the place of what was attended.
        void Attended(Features x, int depth)
        {
            if (depth > 0)
            {
                live.During(Transformer(x, tokens));
            }
        }
    }

    private static long Transformer(Features x, long tokens)
    {
        var (features, prompt) = (x.Elements, x.Rows * x.Channels * tokens);
        // Normalised features, queries, keys, values, what was attended, and the projection.
        var toPicture = 6 * features;
        // Beside the first sum.
        var toPrompt = (5 * features) + (2 * prompt);
        // Both sums and the normalised features beside what is gated, the gate, its GELU, and the product.
        var feedForward = (3 + (4 * Expansion)) * features;
        // All beside the normalised features of the whole and the tokens of the block before.
        return (2 * features) + Math.Max(Math.Max(toPicture, toPrompt), feedForward);
    }
}
