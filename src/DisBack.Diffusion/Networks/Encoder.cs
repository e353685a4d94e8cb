using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// The descending half of both network families: per resolution a convolution or a halving block, then residual blocks, and for SongUNet
/// optionally a side path (aux) that carries the image pyramid.
/// </summary>
internal sealed class Encoder : nn.Module
{
    private readonly List<Level> levels = [];
    private readonly List<int> skipChannels = [];

    public Encoder(UNetSettings settings, int firstChannels, EncoderType type, UNetBlockSettings blocks, DropoutMasks masks, Generator generator)
        : base(nameof(Encoder))
    {
        var channels = settings.ImgChannels;
        var auxChannels = settings.ImgChannels;
        for (var index = 0; index < settings.ChannelMult.Count; index++)
        {
            var resolution = settings.ImgResolution >> index;
            var level = new Level();
            if (index == 0)
            {
                level.Conv = Add("conv", new Conv2d(channels, firstChannels, 3, blocks.Init, generator));
                channels = firstChannels;
            }
            else
            {
                level.Down = Add("down", new UNetBlock(channels, channels, blocks, masks, generator, Resample.Down));
                if (type == EncoderType.Skip)
                {
                    level.AuxDown = Add("aux_down", new Conv2d(auxChannels, auxChannels, 0, blocks.Init, generator, Resample.Down, blocks.ResampleFilter));
                    level.AuxSkip = Add("aux_skip", new Conv2d(auxChannels, channels, 1, blocks.Init, generator));
                }
                if (type == EncoderType.Residual)
                {
                    level.AuxResidual = Add(
                        "aux_residual",
                        new Conv2d(auxChannels, channels, 3, blocks.Init, generator, Resample.Down, blocks.ResampleFilter, fused: true));
                    auxChannels = channels;
                }
            }
            skipChannels.Add(channels);
            for (var i = 0; i < settings.NumBlocks; i++)
            {
                var width = settings.ModelChannels * settings.ChannelMult[index];
                level.Blocks
                    .Add(Add($"block{i}", new UNetBlock(channels, width, blocks, masks, generator, attention: settings.AttnResolutions.Contains(resolution))));
                skipChannels.Add(channels = width);
            }
            levels.Add(level);

            T Add<T>(string name, T module) where T : nn.Module
            {
                register_module($"{resolution}x{resolution}_{name}", module);
                return module;
            }
        }
    }

    /// <summary>Channels of what <see cref="forward"/> leaves for the decoder, in the order in which it is made.</summary>
    public IReadOnlyList<int> SkipChannels => skipChannels;

    /// <summary>The features of every stage, from the finest to the coarsest; the last is where the decoder begins.</summary>
    public Stack<Tensor> forward(Tensor x, Tensor emb)
    {
        var skips = new Stack<Tensor>();
        var aux = x;
        foreach (var level in levels)
        {
            x = level.Conv is not null ? ChannelsLast.Of(level.Conv.forward(x)) : level.Down!.forward(x, emb);
            if (level.AuxDown is not null)
            {
                aux = level.AuxDown.forward(aux);
                x = x + level.AuxSkip!.forward(aux);
            }
            if (level.AuxResidual is not null)
            {
                x = aux = (x + level.AuxResidual.forward(aux)).div_(Math.Sqrt(2));
            }
            skips.Push(x);
            foreach (var block in level.Blocks)
            {
                skips.Push(x = block.forward(x, emb));
            }
        }
        return skips;
    }

    private sealed class Level
    {
        public Conv2d? Conv { get; set; }
        public UNetBlock? Down { get; set; }
        public Conv2d? AuxDown { get; set; }
        public Conv2d? AuxSkip { get; set; }
        public Conv2d? AuxResidual { get; set; }
        public List<UNetBlock> Blocks { get; } = [];
    }
}
