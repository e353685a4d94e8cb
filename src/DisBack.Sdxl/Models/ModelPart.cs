namespace DisBack.Sdxl.Models;

/// <summary>A network of a model, as diffusers lays it out.</summary>
/// <param name="Folder">Its folder, and its name in <c>model_index.json</c>.</param>
/// <param name="Class">The class there.</param>
/// <param name="Stem">How the names of its files of weights begin.</param>
/// <param name="PickleStem">The same of older files, which are pickles.</param>
internal sealed record ModelPart(string Folder, string Class, string Stem, string PickleStem)
{
    private const string Network = "diffusion_pytorch_model";

    /// <summary>The denoiser.</summary>
    public static ModelPart UNet { get; } = new("unet", "UNet2DConditionModel", Network, Network);

    /// <summary>From latents to pictures and back.</summary>
    public static ModelPart Autoencoder { get; } = new("vae", "AutoencoderKL", Network, Network);

    /// <summary>The smaller of the text encoders.</summary>
    public static ModelPart TextEncoder { get; } = new("text_encoder", "CLIPTextModel", "model", "pytorch_model");

    /// <summary>The larger one, which pools.</summary>
    public static ModelPart TextEncoder2 { get; } = new("text_encoder_2", "CLIPTextModelWithProjection", "model", "pytorch_model");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ModelPart> All { get; } = [UNet, Autoencoder, TextEncoder, TextEncoder2];

    /// <summary>
    /// The names that its file of weights may have, the best first: of the wanted variant before the other one, and safetensors before pickles. A sharded
    /// variant has its infix before or behind that of the index, as the versions of diffusers do.
    /// </summary>
    /// <param name="half">Whether the variant of 16 bits is wanted, <c>fp16</c>.</param>
    public IEnumerable<string> Files(bool half)
    {
        foreach (var variant in half ? new[] { ".fp16", "" } : ["", ".fp16"])
        {
            foreach (var (stem, extension) in new[] { (Stem, "safetensors"), (PickleStem, "bin") })
            {
                yield return $"{stem}{variant}.{extension}";
                yield return $"{stem}.{extension}.index{variant}.json";
                if (variant.Length > 0)
                {
                    yield return $"{stem}{variant}.{extension}.index.json";
                }
            }
        }
    }
}
