using DisBack.Specs.Networks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.Networks;

/// <summary>DDPM++ and NCSN++ of Song et al. as EDM arranges them (training/networks.py).</summary>
internal sealed class SongUNet : UNet
{
    private readonly NoiseEmbedding map_noise;
    private readonly Linear? map_label;
    private readonly Linear? map_augment;
    private readonly Linear map_layer0;
    private readonly Linear map_layer1;
    private readonly Encoder enc;
    private readonly Decoder dec;
    private readonly int label_dim;

    public SongUNet(SongUnetSettings settings, int out_channels, DropoutMasks masks, Generator generator)
        : base(nameof(SongUNet), settings, masks)
    {
        label_dim = settings.LabelDim;
        var noiseChannels = settings.ModelChannels * settings.ChannelMultNoise;
        var init = new Initialization(InitialDistribution.XavierUniform);
        var blocks = new UNetBlockSettings
        {
            EmbChannels = settings.ModelChannels * settings.ChannelMultEmb,
            Dropout = settings.Dropout,
            NumHeads = 1,
            SkipScale = Math.Sqrt(0.5),
            Epsilon = 1e-6,
            ResampleFilter = settings.ResampleFilter,
            ResampleProj = true,
            AdaptiveScale = false,
            Init = init,
            InitZero = init with { Weight = 1e-5 },
            InitAttention = init with { Weight = Math.Sqrt(0.2) },
        };

        map_noise = settings.EmbeddingType == EmbeddingType.Positional
            ? new PositionalEmbedding(noiseChannels, endpoint: true)
            : new FourierEmbedding(noiseChannels, generator);
        if (label_dim > 0)
        {
            map_label = new(label_dim, noiseChannels, init, generator);
        }
        if (settings.AugmentDim > 0)
        {
            map_augment = new(settings.AugmentDim, noiseChannels, init, generator, bias: false);
        }
        map_layer0 = new(noiseChannels, blocks.EmbChannels, init, generator);
        map_layer1 = new(blocks.EmbChannels, blocks.EmbChannels, init, generator);
        enc = new(settings, settings.ModelChannels, settings.EncoderType, blocks, masks, generator);
        dec = new(settings, enc.SkipChannels, settings.DecoderType, out_channels, DecoderAttention.LastBlock, blocks, masks, generator);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor noise, Tensor? class_labels, Tensor? augment_labels)
    {
        using var scope = NewDisposeScope();
        var emb = Embedding(noise, class_labels, augment_labels);
        return dec.forward(enc.forward(x, emb), emb).MoveToOuterDisposeScope();
    }

    public override Tensor Encode(Tensor x, Tensor noise, Tensor? class_labels, Tensor? augment_labels)
    {
        using var scope = NewDisposeScope();
        return enc.forward(x, Embedding(noise, class_labels, augment_labels)).Peek().MoveToOuterDisposeScope();
    }

    private Tensor Embedding(Tensor noise, Tensor? class_labels, Tensor? augment_labels)
    {
        // Sines before cosines, as the published weights of this family expect.
        var halves = map_noise.forward(noise).chunk(2, 1);
        var emb = cat([halves[1], halves[0]], 1);
        if (map_label is not null)
        {
            emb = emb + map_label.forward(WithLabelDropout(class_labels!) * Math.Sqrt(label_dim));
        }
        if (map_augment is not null && augment_labels is not null)
        {
            emb = emb + map_augment.forward(augment_labels);
        }
        return functional.silu(map_layer1.forward(functional.silu(map_layer0.forward(emb))));
    }
}
