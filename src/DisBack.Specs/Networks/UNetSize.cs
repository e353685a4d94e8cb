namespace DisBack.Specs.Networks;

/// <summary>
/// Adds up what the layers of EDM's U-Nets take, in the order of their constructors. A layer's activations are what its gradient needs again: the input of a
/// convolution, of a normalisation and of a nonlinearity.
/// </summary>
internal sealed class UNetSize
{
    private readonly UNetSettings _settings;
    private readonly int _emb;
    private readonly int? _heads;
    private readonly bool _adaptive;
    private readonly bool _projects;
    private long _parameters;
    private long _activations;
    private long _skips;
    private long _widestBlock;

    private UNetSize(UNetSettings settings, int? heads, bool adaptive, bool projects) =>
        (_settings, _emb, _heads, _adaptive, _projects) = (settings, settings.ModelChannels * settings.ChannelMultEmb, heads, adaptive, projects);

    /// <summary>DDPM++ and NCSN++: one head of attention, in the last block of a resolution of the decoder.</summary>
    public static NetworkSize Of(SongUnetSettings settings)
    {
        var size = new UNetSize(settings, heads: 1, adaptive: false, projects: true);
        var noise = settings.ModelChannels * settings.ChannelMultNoise;
        size.Linear(settings.LabelDim, noise, settings.LabelDim > 0);
        size.Linear(settings.AugmentDim, noise, bias: false);
        size.Linear(noise, size._emb);
        size.Linear(size._emb, size._emb);
        var skips = size.Encoder(settings.ModelChannels, settings.EncoderType);
        size.Decoder(skips, settings.DecoderType, everyBlockAttends: false);
        return size.Total;
    }

    /// <summary>ADM: a head of attention for every 64 channels, in every block of a resolution.</summary>
    public static NetworkSize Of(DhariwalUnetSettings settings)
    {
        var size = new UNetSize(settings, heads: null, adaptive: true, projects: false);
        size.Linear(settings.AugmentDim, settings.ModelChannels, bias: false);
        size.Linear(settings.ModelChannels, size._emb);
        size.Linear(size._emb, size._emb);
        size.Linear(settings.LabelDim, size._emb, bias: false);
        var skips = size.Encoder(settings.ModelChannels * settings.ChannelMult[0], EncoderType.Standard);
        var channels = size.Decoder(skips, output: null, everyBlockAttends: true);
        size.Output(channels, settings.ImgResolution);
        return size.Total;
    }

    private NetworkSize Total => new(_parameters, _activations, _skips + _widestBlock);

    /// <summary>The second half of iDDPM's output, once a variance, is made and ignored.</summary>
    private int OutChannels => _settings.Precond == Preconditioning.Iddpm ? 2 * _settings.ImgChannels : _settings.ImgChannels;

    private Stack<int> Encoder(int firstChannels, EncoderType type)
    {
        var skips = new Stack<int>();
        var (channels, aux) = (_settings.ImgChannels, _settings.ImgChannels);
        for (var index = 0; index < _settings.ChannelMult.Count; index++)
        {
            var resolution = _settings.ImgResolution >> index;
            if (index == 0)
            {
                Conv(channels, firstChannels, 3, resolution);
                channels = firstChannels;
                Keep(channels, resolution);
            }
            else
            {
                Block(channels, channels, 2 * resolution, resolution, attends: false);
                if (type == EncoderType.Skip)
                {
                    Conv(aux, channels, 1, resolution);
                    Keep(channels, resolution);
                }
                if (type == EncoderType.Residual)
                {
                    Conv(aux, channels, 3, 2 * resolution);
                    Keep(channels, resolution);
                    aux = channels;
                }
            }
            Skip(channels);
            for (var i = 0; i < _settings.NumBlocks; i++)
            {
                var width = _settings.ModelChannels * _settings.ChannelMult[index];
                Block(channels, width, resolution, resolution, _settings.AttnResolutions.Contains(resolution));
                Skip(channels = width);
            }

            void Skip(int width)
            {
                skips.Push(width);
                _skips += Numbers(width, resolution);
            }
        }
        return skips;
    }

    private int Decoder(Stack<int> skips, DecoderType? output, bool everyBlockAttends)
    {
        var channels = skips.Peek();
        for (var index = _settings.ChannelMult.Count - 1; index >= 0; index--)
        {
            var resolution = _settings.ImgResolution >> index;
            if (index == _settings.ChannelMult.Count - 1)
            {
                Block(channels, channels, resolution, resolution, attends: true);
                Block(channels, channels, resolution, resolution, attends: false);
            }
            else
            {
                Block(channels, channels, resolution / 2, resolution, attends: false);
            }
            for (var i = 0; i <= _settings.NumBlocks; i++)
            {
                var width = _settings.ModelChannels * _settings.ChannelMult[index];
                var joined = channels + skips.Pop();
                Keep(joined, resolution);
                var last = i == _settings.NumBlocks;
                Block(joined, width, resolution, resolution, _settings.AttnResolutions.Contains(resolution) && (everyBlockAttends || last));
                channels = width;
            }
            if (output == DecoderType.Skip || (output is not null && index == 0))
            {
                Output(channels, resolution);
            }
        }
        return channels;
    }

    private void Output(int channels, int resolution)
    {
        Norm(channels, resolution);
        Conv(channels, OutChannels, 3, resolution);
        Keep(OutChannels, resolution);
    }

    private void Block(int from, int to, int resolutionFrom, int resolution, bool attends)
    {
        // Without gradients a block holds what it has made until it is done.
        var held = 3 * Numbers(from, resolutionFrom) + 5 * Numbers(to, resolution);
        var resamples = resolutionFrom != resolution;
        Norm(from, resolutionFrom);
        Conv(from, to, 3, resolution);
        if (resamples)
        {
            Keep(from, resolutionFrom); // the nonlinearity's result, beside the resampled one
        }
        Keep(to, resolution);
        Linear(_emb, _adaptive ? 2 * to : to);
        Norm(to, resolution);
        if (_adaptive)
        {
            Keep(to, resolution);
        }
        if (_settings.Dropout > 0)
        {
            Keep(2 * to, resolution);
        }
        Conv(to, to, 3, resolution);
        if (from != to || (resamples && _projects))
        {
            Conv(from, to, 1, resolution);
        }
        Keep(to, resolution);
        var heads = attends ? _heads ?? to / 64 : 0;
        if (heads > 0)
        {
            _parameters += 2 * to;
            Conv(to, 3 * to, 1, resolution);
            Conv(to, to, 1, resolution);
            Keep(3 * to + to + to, resolution); // queries, keys and values, the scaled keys, the result
            var weights = 2L * heads * resolution * resolution * resolution * resolution; // before and after softmax
            _activations += weights;
            held += weights + Numbers(6 * to, resolution);
        }
        _widestBlock = Math.Max(_widestBlock, held);
    }

    /// <summary>A normalisation with the nonlinearity after it, whose result the convolution that follows keeps.</summary>
    private void Norm(int channels, int resolution)
    {
        _parameters += 2L * channels;
        Keep(channels, resolution);
    }

    /// <summary>A convolution at a resolution, with its input.</summary>
    private void Conv(int from, int to, int kernel, int resolution)
    {
        _parameters += (long)from * to * kernel * kernel + to;
        Keep(from, resolution);
    }

    private void Linear(int from, int to, bool bias = true) => _parameters += (long)from * to + (bias ? to : 0);

    private void Keep(int channels, int resolution) => _activations += Numbers(channels, resolution);

    private static long Numbers(int channels, int resolution) => (long)channels * resolution * resolution;
}
