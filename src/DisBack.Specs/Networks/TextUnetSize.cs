namespace DisBack.Specs.Networks;

/// <summary>
/// Adds up what the layers of SDXL's UNet take, in the order in which it is run. A layer's activations are what its gradient needs again; attention is a fused
/// kernel, which keeps no matrix of weights.
/// </summary>
internal sealed class TextUnetSize
{
    /// <summary>The inner width of a feed-forward network, in widths.</summary>
    private const int Expansion = 4;

    /// <summary>Tokens of a text.</summary>
    internal const int Tokens = 77;

    private readonly TextUnetSettings _settings;
    private readonly int _rank;
    private long _parameters;
    private long _adapters;
    private long _activations;
    private long _checkpointed;
    private long _largestSegment;
    private long _skips;
    private long _widestBlock;

    private TextUnetSize(TextUnetSettings settings, int rank) => (_settings, _rank) = (settings, rank);

    /// <summary>What the network takes.</summary>
    public static NetworkSize Of(TextUnetSettings settings) => new TextUnetSize(settings, rank: 1).Run();

    /// <summary>The parameters of its adapters.</summary>
    public static long AdaptersOf(TextUnetSettings settings, int rank)
    {
        var size = new TextUnetSize(settings, rank);
        size.Run();
        return size._adapters;
    }

    private NetworkSize Run()
    {
        var levels = _settings.Levels;
        var width = _settings.EmbeddingWidth;
        Linear(levels[0].Channels, width);
        Linear(width, width);
        Linear((TextUnetSettings.TimeIds * _settings.TimeIdWidth) + _settings.PooledWidth, width);
        Linear(width, width);
        Conv(_settings.LatentChannels, levels[0].Channels, 3, Area(0));
        var skips = new Stack<int>([levels[0].Channels]);
        Skip(levels[0].Channels, 0);
        for (var level = 0; level < levels.Count; level++)
        {
            for (var layer = 0; layer < _settings.LayersPerBlock; layer++)
            {
                Residual(skips.Peek(), levels[level].Channels, Area(level));
                Transformer(levels[level], Area(level));
                Push(levels[level].Channels, level);
            }
            if (level < levels.Count - 1)
            {
                Conv(levels[level].Channels, levels[level].Channels, 3, Area(level));
                Adapt(levels[level].Channels, levels[level].Channels, taps: 9);
                Push(levels[level].Channels, level + 1);
            }
        }
        var (x, last) = (levels[^1].Channels, levels.Count - 1);
        Residual(x, x, Area(last));
        Transformer(levels[^1] with { Depth = _settings.MiddleDepth }, Area(last));
        Residual(x, x, Area(last));
        var encoder = (_activations, _checkpointed + _largestSegment);
        for (var level = last; level >= 0; level--)
        {
            for (var layer = 0; layer <= _settings.LayersPerBlock; layer++)
            {
                Residual(x + skips.Pop(), levels[level].Channels, Area(level));
                x = levels[level].Channels;
                Transformer(levels[level], Area(level));
            }
            if (level > 0)
            {
                Upsampler(x, level);
            }
        }
        Norm(x, Area(0));
        Conv(x, _settings.LatentChannels, 3, Area(0));
        return new(_parameters, _activations, _skips + _widestBlock) { Checkpointed = _checkpointed + _largestSegment, Encoder = encoder };

        void Push(int channels, int level)
        {
            skips.Push(channels);
            Skip(channels, level);
        }

        void Skip(int channels, int level) => _skips += channels * Area(level);
    }

    private long Area(int level)
    {
        // A side that is odd is rounded up.
        long side = _settings.SampleSize;
        for (; level > 0; level--)
        {
            side = (side + 1) / 2;
        }
        return side * side;
    }

    private void Residual(int from, int to, long area)
    {
        var before = (_activations, _checkpointed);
        Norm(from, area);
        Conv(from, to, 3, area);
        Linear(_settings.EmbeddingWidth, to);
        Norm(to, area);
        Conv(to, to, 3, area);
        if (from != to)
        {
            // Its input is kept by the normalisation already.
            _parameters += (((long)from + 1) * to);
        }
        Adapt(from, to, taps: 9);
        Adapt(_settings.EmbeddingWidth, to);
        Adapt(to, to, taps: 9);
        Adapt(from, from == to ? 0 : to);
        Hold((3L * from * area) + (3L * to * area));
        Segment(before, from * area, gradients: (from + to) * area);
    }

    /// <summary>Adapters of some layers, each of two matrices whose rank is at most the layer's.</summary>
    private void Adapt(long from, long to, int taps = 1, int count = 1) =>
        _adapters += count * Math.Min(_rank, Math.Min(from, to)) * ((from * taps) + to);

    private void Upsampler(int channels, int level)
    {
        var before = (_activations, _checkpointed);
        Conv(channels, channels, 3, Area(level - 1));
        Adapt(channels, channels, taps: 9);
        Segment(before, channels * Area(level), gradients: channels * Area(level - 1));
    }

    /// <summary>
    /// What was added since is of a segment, of which its input alone is kept where it is run again: then all of it is there, with gradients beside it.
    /// </summary>
    private void Segment((long Activations, long Checkpointed) before, long input, long gradients)
    {
        _largestSegment = Math.Max(_largestSegment, _activations - before.Activations + gradients);
        _checkpointed = before.Checkpointed + input;
    }

    private void Transformer(TextUnetLevel level, long area)
    {
        if (level.Depth == 0)
        {
            return;
        }
        long width = level.Channels, features = width * area, text = (long)_settings.ContextWidth;
        _parameters += (2 * width) + (2 * (width + 1) * width);
        // The normalisation's input, and those of both projections.
        Keep(3 * features);
        Adapt(width, width, count: 2);
        for (var block = 0; block < level.Depth; block++)
        {
            Adapt(width, width, count: 6);
            Adapt(text, width, count: 2);
            Adapt(width, 2 * Expansion * width);
            Adapt(Expansion * width, width);
            _parameters += 3 * 2 * width;
            // Queries, keys, values and output of both attentions, and the feed-forward network.
            _parameters += (3 * width * width) + ((width + 1) * width);
            _parameters += (width * width) + (2 * text * width) + ((width + 1) * width);
            _parameters += (width + 1) * 2 * Expansion * width + ((Expansion * width) + 1) * width;
            // Input and result of each normalisation; queries, keys, values and what was attended; value, gate, its GELU and the product.
            var before = (_activations, _checkpointed);
            Keep((3 * 2 * features) + (4 * features) + (2 * features) + (2 * width * Tokens) + (4 * Expansion * features));
            // The gradients of all that the feed-forward network has between its layers.
            Segment(before, features, gradients: 4 * Expansion * features);
        }
        Hold((2 * features) + ((3 + (4 * Expansion)) * features));
    }

    /// <summary>A normalisation with the nonlinearity after it.</summary>
    private void Norm(int channels, long area)
    {
        _parameters += 2L * channels;
        Keep(2L * channels * area);
    }

    /// <summary>A convolution with its input.</summary>
    private void Conv(int from, int to, int kernel, long area)
    {
        _parameters += ((long)from * to * kernel * kernel) + to;
        Keep(from * area);
        Hold((from + (2L * to)) * area);
    }

    private void Linear(int from, int to) => _parameters += ((long)from + 1) * to;

    private void Keep(long numbers) => (_activations, _checkpointed) = (_activations + numbers, _checkpointed + numbers);

    private void Hold(long numbers) => _widestBlock = Math.Max(_widestBlock, numbers);
}
