using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Sdxl.Configuration;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Networks.UNet;

/// <summary>SDXL's UNet in miniature, with what diffusers computed from it.</summary>
internal sealed class UNetOracle : IDisposable
{
    public SafetensorsFile File { get; } = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "unet.safetensors"));

    public TextUnetSettings Config => UNetConfig.Read(ConfigReader.Parse(File.Metadata["arguments"], "unet.safetensors"));

    public ConditionalUNet Load(ScalarType type = ScalarType.Float32)
    {
        var network = new ConditionalUNet(Config, new Placement(CPU, type));
        StrictLoading.Load(File, [.. network.named_parameters()], prefix: "weights.", convert: true);
        return network;
    }

    /// <summary>The network's answer to the file's inputs.</summary>
    public Tensor Forward(ConditionalUNet network) => network.forward(
        File.Read("in.latents"), File.Read("in.timesteps"), File.Read("in.encoder_hidden_states"), File.Read("in.text_embeds"), File.Read("in.time_ids"));

    public void Dispose() => File.Dispose();
}
