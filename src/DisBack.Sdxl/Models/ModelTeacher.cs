using DisBack.Diffusion.Files;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Sdxl.Configuration;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Models;

/// <summary>The denoiser of a model as a teacher: one safetensors file that says which network it holds and which noise it knows.</summary>
/// <param name="folder">The model.</param>
public sealed class ModelTeacher(ModelFolder folder)
{
    /// <summary>Pixels along the side of what one latent stands for.</summary>
    public int Reduction { get; } = AutoencoderConfig.Read(folder.SettingsOf(ModelPart.Autoencoder)).Reduction;

    /// <summary>The network with its noise levels.</summary>
    /// <param name="side">Side in pixels of the pictures that students are to draw; null is that of the model's training.</param>
    /// <exception cref="DisBackException">The model's settings are damaged, or latents have no such side.</exception>
    public TextUnetSettings Network(int? side = null)
    {
        var network = UNetConfig.Read(folder.SettingsOf(ModelPart.UNet));
        var noise = SchedulerConfig.Read(folder.SchedulerSettings());
        if (side is { } pixels && (pixels < Reduction || pixels % Reduction != 0))
        {
            throw new DisBackException($"Pictures of {pixels} pixels have no latents of this model: name a multiple of {Reduction}.");
        }
        return network with
        {
            SampleSize = side / Reduction ?? network.SampleSize,
            PixelsPerLatent = Reduction,
            BetaStart = noise.BetaStart,
            BetaEnd = noise.BetaEnd,
            TimeSteps = noise.TrainingSteps,
        };
    }

    /// <summary>Writes the teacher tensor by tensor, in the types of the model's file; no more than one of them is in memory.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="network">The network, as <see cref="Network"/> gives it.</param>
    /// <exception cref="DisBackException">The weights are not those of the network, or one of them is not finite.</exception>
    public void Write(string path, TextUnetSettings network)
    {
        using var weights = folder.WeightsOf(ModelPart.UNet, half: false);
        using var shapes = new ConditionalUNet(network, Placement.Shapes);
        StrictCopy.Write(path, weights, shapes.named_parameters().Select(entry => (entry.name, (Tensor)entry.parameter)), NetworkMetadata.Of(network));
    }
}
