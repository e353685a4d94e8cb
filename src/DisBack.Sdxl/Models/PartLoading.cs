using DisBack.Diffusion.Files;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Sdxl.Adapters;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Networks.Autoencoder;
using DisBack.Sdxl.Networks.Text;
using DisBack.Sdxl.Prompts;
using DisBack.Sdxl.Tokens;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Models;

/// <summary>
/// Makes the networks of a model and fills them. Each tensor goes from its file to where it stays once and in its final type, so besides the model itself no
/// more than one tensor is in memory; what the file and the network do not agree on is named.
/// </summary>
/// <param name="source">Where they come from.</param>
/// <param name="placement">Where they compute, and in which type.</param>
internal sealed class PartLoading(ModelSource source, Placement placement)
{
    /// <summary>Both text encoders with their tokenizers.</summary>
    public PromptEncoder LoadPromptEncoder()
    {
        var (first, second) = (MakeText(ModelPart.TextEncoder, placement), MakeText(ModelPart.TextEncoder2, placement));
        FillText(first, ModelPart.TextEncoder);
        FillText(second, ModelPart.TextEncoder2);
        Adapt(first, second, null);
        var tokenizers = OpenTokenizers();
        return new(new(tokenizers[0], first), new(tokenizers[1], second), source.Folder.ZerosForAbsentPrompt);
    }

    /// <summary>The tokenizers of both text encoders, which take little.</summary>
    public IReadOnlyList<ClipTokenizer> OpenTokenizers() =>
        [.. ModelFolder.Tokenizers.Select(name => ClipTokenizer.Open(source.Folder.FolderOf(name)))];

    /// <summary>The denoiser.</summary>
    public ConditionalUNet LoadUNet()
    {
        var network = MakeUNet(placement);
        Fill(network, source.UNet is { } file ? WeightsFile.OpenStudent(file) : source.Folder.WeightsOf(ModelPart.UNet, IsHalf));
        Adapt(null, null, network);
        return network;
    }

    /// <summary>The half of the autoencoder that draws; of its file no more is read.</summary>
    public PictureDecoder LoadDecoder()
    {
        var config = DecoderConfig;
        var network = new PictureDecoder(config, config.ForceUpcast ? placement with { Type = ScalarType.Float32 } : placement);
        Fill(network, new RenamedTensors(source.Folder.WeightsOf(ModelPart.Autoencoder, IsHalf), PictureDecoder.NameOf));
        return network;
    }

    /// <summary>The half of the autoencoder that makes latents; of its file no more is read. It computes in float32 where the decoder does.</summary>
    public PictureEncoder LoadEncoder()
    {
        var config = DecoderConfig;
        var network = new PictureEncoder(config, config.ForceUpcast ? placement with { Type = ScalarType.Float32 } : placement);
        Fill(network, new RenamedTensors(source.Folder.WeightsOf(ModelPart.Autoencoder, IsHalf), PictureEncoder.NameOf));
        return network;
    }

    /// <summary>Opens every adapter for networks of shapes alone, so that one that does not fit is refused before gigabytes are read.</summary>
    /// <returns>Of each how many modules it adapts.</returns>
    public IReadOnlyList<string> CheckAdapters()
    {
        var parts = Parts(null, null, null);
        return [.. source.Adapters.Select(adapter =>
        {
            using var file = LoraFile.Open(adapter.Path, parts);
            return file.Summary;
        })];
    }

    /// <summary>The side in pixels of the pictures that the denoiser was trained on.</summary>
    public int UsualSide => UNetConfig.Read(source.Folder.SettingsOf(ModelPart.UNet)).SampleSize * DecoderConfig.Reduction;

    private AutoencoderConfig DecoderConfig => AutoencoderConfig.Read(source.Folder.SettingsOf(ModelPart.Autoencoder));

    private bool IsHalf => placement.Type != ScalarType.Float32;

    private ConditionalUNet MakeUNet(Placement where) => new(UNetConfig.Read(source.Folder.SettingsOf(ModelPart.UNet)), where);

    private ClipTextEncoder MakeText(ModelPart part, Placement where) => new(TextEncoderConfig.Read(source.Folder.SettingsOf(part)), where);

    private void FillText(ClipTextEncoder network, ModelPart part) => Fill(network, new RenamedTensors(
        source.Folder.WeightsOf(part, IsHalf), name => ClipTextEncoder.NotParameters.Contains(name) ? null : name));

    private static void Fill(nn.Module network, TensorFile weights)
    {
        using (weights)
        {
            StrictLoading.Load(weights, network.named_parameters().Select(parameter => (parameter.name, (Tensor)parameter.parameter)), convert: true);
        }
        network.eval();
    }

    /// <summary>Adds the adapters to those of the networks that are given. A file may adapt several, so the others take part with their shapes.</summary>
    private void Adapt(ClipTextEncoder? first, ClipTextEncoder? second, ConditionalUNet? denoiser)
    {
        if (source.Adapters.Count == 0)
        {
            return;
        }
        var parts = Parts(first, second, denoiser);
        AdapterPart[] given = [.. parts.Zip(new nn.Module?[] { first, second, denoiser }).Where(pair => pair.Second is not null).Select(pair => pair.First)];
        foreach (var adapter in source.Adapters)
        {
            using var file = LoraFile.Open(adapter.Path, parts);
            foreach (var part in given)
            {
                if (source.KeepsAdapters)
                {
                    file.Attach(adapter.Strength, part);
                }
                else
                {
                    file.Merge(adapter.Strength, part);
                }
            }
        }
    }

    private AdapterPart[] Parts(ClipTextEncoder? first, ClipTextEncoder? second, ConditionalUNet? denoiser) =>
    [
        AdapterPart.TextEncoder(first ?? MakeText(ModelPart.TextEncoder, Placement.Shapes)),
        AdapterPart.TextEncoder2(second ?? MakeText(ModelPart.TextEncoder2, Placement.Shapes)),
        AdapterPart.UNet(denoiser ?? MakeUNet(Placement.Shapes)),
    ];
}
