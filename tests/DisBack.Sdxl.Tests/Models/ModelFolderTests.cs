using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Drawing;
using DisBack.Sdxl.Models;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Models;

/// <summary>A folder is read whichever form its files have, and what is wrong with it is named.</summary>
public sealed class ModelFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-model-").FullName;

    public ModelFolderTests()
    {
        var mini = OracleFiles.PathOf("sdxl", "mini");
        foreach (var file in Directory.EnumerateFiles(mini, "*", SearchOption.AllDirectories))
        {
            var copy = In(Path.GetRelativePath(mini, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_variant_of_the_type_is_read_and_the_other_one_where_it_is_alone()
    {
        var folder = ModelFolder.Open(_folder);
        Assert.EndsWith("diffusion_pytorch_model.safetensors", Chosen(half: false), StringComparison.Ordinal);
        Assert.EndsWith("diffusion_pytorch_model.fp16.safetensors", Chosen(half: true), StringComparison.Ordinal);
        File.Delete(In("unet/diffusion_pytorch_model.safetensors"));
        Assert.EndsWith("diffusion_pytorch_model.fp16.safetensors", Chosen(half: false), StringComparison.Ordinal);

        string Chosen(bool half)
        {
            using var file = folder.WeightsOf(ModelPart.UNet, half);
            return file.Path;
        }
    }

    [Theory]
    [InlineData(false, "unet/diffusion_pytorch_model.safetensors")]
    [InlineData(true, "unet/diffusion_pytorch_model.fp16.safetensors")]
    public void The_files_that_a_drawing_reads_are_enough_for_it(bool half, string weights)
    {
        var files = ModelFolder.Open(_folder).FilesToDraw(half, withUNet: true);
        Assert.Equal([weights], files.Where(file => file.StartsWith("unet/diff", StringComparison.Ordinal)));
        foreach (var file in Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Where(file => !files.Contains(Path.GetRelativePath(_folder, file))))
        {
            File.Delete(file);
        }

        Assert.Equal(1, Draw(new(ModelFolder.Open(_folder))));
        Assert.DoesNotContain(ModelFolder.Open(_folder).FilesToDraw(half, withUNet: false), file => file.StartsWith("unet/diff", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_weights_in_several_files_all_of_them_and_their_index_are_read()
    {
        Directory.Delete(In("unet"), recursive: true);
        Directory.Move(In("unet-sharded"), In("unet"));

        Assert.Equal(
            [
                "unet/config.json", "unet/diffusion_pytorch_model-00001-of-00002.safetensors", "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
                "unet/diffusion_pytorch_model.safetensors.index.json",
            ],
            ModelFolder.Open(_folder).FilesToDraw(half: false, withUNet: true).Where(file => file.StartsWith("unet/", StringComparison.Ordinal)).Order());
        // What an index names elsewhere is not sent anywhere.
        File.WriteAllText(In("unet/diffusion_pytorch_model.safetensors.index.json"), """{"weight_map": {"a": "../../secret"}}""");
        Assert.Contains("'../../secret'", Assert.Throws<DisBackException>(
            () => ModelFolder.Open(_folder).FilesToDraw(half: false, withUNet: true)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("diffusion_pytorch_model.bin")]
    [InlineData("diffusion_pytorch_model.fp16.bin")]
    public void Pickles_of_older_models_are_read_without_running_them(string name)
    {
        File.Delete(In("unet/diffusion_pytorch_model.safetensors"));
        File.Delete(In("unet/diffusion_pytorch_model.fp16.safetensors"));
        File.Move(In("SDXL_DisBack.bin"), In($"unet/{name}"));

        Assert.Equal(1, Draw(new(ModelFolder.Open(_folder))));
    }

    [Theory]
    [InlineData("diffusion_pytorch_model.safetensors.index.fp16.json")]
    [InlineData("diffusion_pytorch_model.fp16.safetensors.index.json")]
    public void An_index_of_a_variant_has_its_infix_in_either_place(string name)
    {
        Directory.Delete(In("unet"), recursive: true);
        Directory.Move(In("unet-sharded"), In("unet"));
        File.Move(In("unet/diffusion_pytorch_model.safetensors.index.json"), In($"unet/{name}"));

        Assert.Equal(1, Draw(new(ModelFolder.Open(_folder))));
    }

    [Fact]
    public void A_folder_that_is_none_of_a_model_is_refused()
    {
        Refused("has no file model_index.json", () => ModelFolder.Open(In("unet")));
        Refused("has no file model_index.json", () => ModelFolder.Open(In("nothing")));
        File.WriteAllText(In("model_index.json"), """{"_class_name":"StableDiffusionPipeline"}""");
        Refused("is of a StableDiffusionPipeline", () => ModelFolder.Open(_folder));
        File.WriteAllText(In("model_index.json"), """{"_class_name":"StableDiffusionXLPipeline","unet":["diffusers","Other"]}""");
        Refused("The part 'unet' in", () => ModelFolder.Open(_folder));
        File.WriteAllText(In("model_index.json"), """{"_class_name":"StableDiffusionXLPipeline","unet":[null,null]}""");
        Refused("The part 'unet' in", () => ModelFolder.Open(_folder));
    }

    [Fact]
    public void A_part_without_weights_or_with_those_of_another_model_is_named()
    {
        var folder = ModelFolder.Open(_folder);
        Refused("name a file of this network alone", () => Draw(new(folder) { UNet = In("vae/diffusion_pytorch_model.safetensors") }));
        File.Delete(In("vae/diffusion_pytorch_model.safetensors"));
        File.Delete(In("vae/diffusion_pytorch_model.fp16.safetensors"));
        Refused("has no weights", () => Draw(new(folder)));
    }

    [Fact]
    public void An_adapter_of_another_model_is_refused_before_anything_is_loaded()
    {
        Directory.Delete(In("vae"), recursive: true);
        var source = new ModelSource(ModelFolder.Open(_folder)) { Adapters = [new(In("unet/diffusion_pytorch_model.safetensors"))] };

        Refused("has no part in a LoRA", () => new TextToImage(source, new(CPU, ScalarType.Float32)).Dispose());
    }

    private static int Draw(ModelSource source)
    {
        using var model = new TextToImage(source, new(CPU, ScalarType.Float32));
        var request = new PictureRequest { Prompts = ["a dog"], Height = 64, Width = 64, Sampling = new SamplingPlan.Student([399]) };
        var pictures = model.Draw(request, null, Cancellation).ToList();
        pictures.ForEach(picture => picture.Dispose());
        return pictures.Count;
    }

    private string In(string path) => Path.Combine(_folder, path);

    private static void Refused(string expected, Action act) =>
        Assert.Contains(expected, Assert.Throws<DisBackException>(act).Message, StringComparison.Ordinal);
}
