using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>Where the blocks of a decoder have attention, at the resolutions that ask for it.</summary>
internal enum DecoderAttention
{
    LastBlock,
    EveryBlock,
}

/// <summary>
/// The ascending half of both network families: per resolution two blocks or a doubling block, then residual blocks that each take one of the
/// encoder's features, and for SongUNet the output layers (aux).
/// </summary>
internal sealed class Decoder : nn.Module
{
    private readonly List<Level> levels = [];

    // Without an output type the network has output layers of its own, as ADM does.
    public Decoder(
        UNetSettings settings, IReadOnlyList<int> skipChannels, DecoderType? output, int out_channels, DecoderAttention attention,
        UNetBlockSettings blocks, DropoutMasks masks, Generator generator)
        : base(nameof(Decoder))
    {
        var skips = new Stack<int>(skipChannels);
        var channels = skips.Peek();
        for (var index = settings.ChannelMult.Count - 1; index >= 0; index--)
        {
            var resolution = settings.ImgResolution >> index;
            var coarsest = index == settings.ChannelMult.Count - 1;
            var level = new Level();
            if (coarsest)
            {
                level.First.Add(Add("in0", new UNetBlock(channels, channels, blocks, masks, generator, attention: true)));
                level.First.Add(Add("in1", new UNetBlock(channels, channels, blocks, masks, generator)));
            }
            else
            {
                level.First.Add(Add("up", new UNetBlock(channels, channels, blocks, masks, generator, Resample.Up)));
            }
            for (var i = 0; i <= settings.NumBlocks; i++)
            {
                var width = settings.ModelChannels * settings.ChannelMult[index];
                var attends = settings.AttnResolutions.Contains(resolution) && (attention == DecoderAttention.EveryBlock || i == settings.NumBlocks);
                level.Blocks.Add(Add($"block{i}", new UNetBlock(channels + skips.Pop(), width, blocks, masks, generator, attention: attends)));
                channels = width;
            }
            if (output == DecoderType.Skip || (output is not null && index == 0))
            {
                if (output == DecoderType.Skip && !coarsest)
                {
                    level.AuxUp = Add("aux_up", new Conv2d(out_channels, out_channels, 0, blocks.Init, generator, Resample.Up, blocks.ResampleFilter));
                }
                level.AuxNorm = Add("aux_norm", new GroupNorm(channels, blocks.Epsilon));
                level.AuxConv = Add("aux_conv", new Conv2d(channels, out_channels, 3, blocks.InitZero, generator));
            }
            levels.Add(level);

            T Add<T>(string name, T module) where T : nn.Module
            {
                register_module($"{resolution}x{resolution}_{name}", module);
                return module;
            }
        }
        OutChannels = channels;
    }

    /// <summary>Channels of the finest features.</summary>
    public int OutChannels { get; }

    /// <summary>The output image where this decoder has output layers, otherwise the finest features.</summary>
    public Tensor forward(Stack<Tensor> skips, Tensor emb)
    {
        var x = skips.Peek();
        Tensor? aux = null;
        foreach (var level in levels)
        {
            foreach (var block in level.First)
            {
                x = block.forward(x, emb);
            }
            foreach (var block in level.Blocks)
            {
                using var joined = cat([x, skips.Pop()], 1);
                x = block.forward(joined, emb);
            }
            if (level.AuxUp is not null)
            {
                aux = level.AuxUp.forward(aux!);
            }
            if (level.AuxNorm is null)
            {
                continue;
            }
            var part = level.AuxConv!.forward(level.AuxNorm.ForwardSilu(x));
            aux = aux is null ? part : part.add_(aux);
        }
        return aux ?? x;
    }

    private sealed class Level
    {
        public List<UNetBlock> First { get; } = [];
        public List<UNetBlock> Blocks { get; } = [];
        public Conv2d? AuxUp { get; set; }
        public GroupNorm? AuxNorm { get; set; }
        public Conv2d? AuxConv { get; set; }
    }
}
