using DisBack.Diffusion.Files;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Models;
using DisBack.Sdxl.Networks.Autoencoder;
using DisBack.Sdxl.Networks.Text;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Memory;

/// <summary>The sizes of a model's networks, from its settings: no weights are read.</summary>
internal sealed record ModelSizes
{
    /// <summary>What the denoiser is built from.</summary>
    public required TextUnetSettings UNet { get; init; }

    /// <summary>What the decoder is built from.</summary>
    public required AutoencoderConfig Autoencoder { get; init; }

    /// <summary>What both text encoders are built from.</summary>
    public required IReadOnlyList<TextEncoderConfig> Texts { get; init; }

    /// <summary>The denoiser's parameters.</summary>
    public required long UNetParameters { get; init; }

    /// <summary>The decoder's parameters.</summary>
    public required long DecoderParameters { get; init; }

    /// <summary>The parameters of both text encoders.</summary>
    public required long TextParameters { get; init; }

    /// <summary>The elements of the largest parameter of all.</summary>
    public required long LargestParameter { get; init; }

    /// <summary>Elements of all adapters.</summary>
    public required long Adapters { get; init; }

    /// <summary>Whether adapters stay beside the weights, in float32, instead of being merged into them.</summary>
    public required bool KeepsAdapters { get; init; }

    /// <summary>Side in latents of the largest square that is decoded whole where there is memory.</summary>
    public required int WholeSide { get; init; }

    /// <summary>Reads the settings of a model.</summary>
    /// <exception cref="DisBackException">They are damaged or of another kind of model.</exception>
    public static ModelSizes Of(ModelSource source)
    {
        TextEncoderConfig[] texts = [TextOf(ModelPart.TextEncoder), TextOf(ModelPart.TextEncoder2)];
        var autoencoder = AutoencoderConfig.Read(source.Folder.SettingsOf(ModelPart.Autoencoder));
        using var unet = new ConditionalUNet(UNetConfig.Read(source.Folder.SettingsOf(ModelPart.UNet)), Placement.Shapes);
        using var decoder = new PictureDecoder(autoencoder, Placement.Shapes);
        using var first = new ClipTextEncoder(texts[0], Placement.Shapes);
        using var second = new ClipTextEncoder(texts[1], Placement.Shapes);
        return new()
        {
            UNet = unet.Config,
            Autoencoder = autoencoder,
            Texts = texts,
            UNetParameters = Sizes(unet).Sum(),
            DecoderParameters = Sizes(decoder).Sum(),
            TextParameters = Sizes(first).Sum() + Sizes(second).Sum(),
            LargestParameter = new nn.Module[] { unet, decoder, first, second }.Max(network => Sizes(network).Max()),
            Adapters = source.Adapters.Sum(Elements),
            KeepsAdapters = source.KeepsAdapters,
            WholeSide = decoder.WholeSide,
        };

        TextEncoderConfig TextOf(ModelPart part) => TextEncoderConfig.Read(source.Folder.SettingsOf(part));

        static IEnumerable<long> Sizes(nn.Module network) => network.parameters().Select(parameter => parameter.numel());

        static long Elements(AdapterFile adapter)
        {
            using var file = WeightsFile.Open(adapter.Path, prefix: "");
            return file.Entries.Values.Sum(entry => entry.Elements);
        }
    }
}
