using DisBack.Specs.Networks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.Networks;

/// <summary>ADM of Dhariwal and Nichol as EDM arranges it (training/networks.py).</summary>
internal sealed class DhariwalUNet : UNet
{
    private readonly NoiseEmbedding map_noise;
    private readonly Linear? map_augment;
    private readonly Linear map_layer0;
    private readonly Linear map_layer1;
    private readonly Linear? map_label;
    private readonly Encoder enc;
    private readonly Decoder dec;
    private readonly GroupNorm out_norm;
    private readonly Conv2d out_conv;

    public DhariwalUNet(DhariwalUnetSettings settings, int out_channels, DropoutMasks masks, Generator generator)
        : base(nameof(DhariwalUNet), settings, masks)
    {
        var third = Math.Sqrt(1.0 / 3);
        var init = new Initialization(InitialDistribution.KaimingUniform, third, third);
        var zero = new Initialization(InitialDistribution.KaimingUniform, 0, 0);
        var blocks = new UNetBlockSettings
        {
            EmbChannels = settings.ModelChannels * settings.ChannelMultEmb,
            Dropout = settings.Dropout,
            Init = init,
            InitZero = zero,
            InitAttention = init,
        };

        map_noise = new PositionalEmbedding(settings.ModelChannels, endpoint: false);
        if (settings.AugmentDim > 0)
        {
            map_augment = new(settings.AugmentDim, settings.ModelChannels, zero, generator, bias: false);
        }
        map_layer0 = new(settings.ModelChannels, blocks.EmbChannels, init, generator);
        map_layer1 = new(blocks.EmbChannels, blocks.EmbChannels, init, generator);
        if (settings.LabelDim > 0)
        {
            var label = new Initialization(InitialDistribution.KaimingNormal, Math.Sqrt(settings.LabelDim));
            map_label = new(settings.LabelDim, blocks.EmbChannels, label, generator, bias: false);
        }
        enc = new(settings, settings.ModelChannels * settings.ChannelMult[0], EncoderType.Standard, blocks, masks, generator);
        dec = new(settings, enc.SkipChannels, output: null, 0, DecoderAttention.EveryBlock, blocks, masks, generator);
        out_norm = new(dec.OutChannels, 1e-5);
        out_conv = new(dec.OutChannels, out_channels, 3, zero, generator);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor noise, Tensor? class_labels, Tensor? augment_labels)
    {
        using var scope = NewDisposeScope();
        var emb = Embedding(noise, class_labels, augment_labels);
        var features = dec.forward(enc.forward(x, emb), emb);
        return out_conv.forward(out_norm.ForwardSilu(features)).MoveToOuterDisposeScope();
    }

    public override Tensor Encode(Tensor x, Tensor noise, Tensor? class_labels, Tensor? augment_labels)
    {
        using var scope = NewDisposeScope();
        return enc.forward(x, Embedding(noise, class_labels, augment_labels)).Peek().MoveToOuterDisposeScope();
    }

    private Tensor Embedding(Tensor noise, Tensor? class_labels, Tensor? augment_labels)
    {
        var emb = map_noise.forward(noise);
        if (map_augment is not null && augment_labels is not null)
        {
            emb = emb + map_augment.forward(augment_labels);
        }
        emb = map_layer1.forward(functional.silu(map_layer0.forward(emb)));
        if (map_label is not null)
        {
            emb = emb + map_label.forward(WithLabelDropout(class_labels!));
        }
        return functional.silu(emb);
    }
}
