using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Models;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;

namespace DisBack.Sdxl.Tests.Models;

/// <summary>The denoiser of a model becomes a teacher: the same weights in the same types, with all that a run needs to know of it.</summary>
public sealed class ModelTeacherTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-teacher-").FullName;
    private readonly string _model = OracleFiles.PathOf("sdxl", "mini");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_teacher_says_its_network_and_its_noise_and_has_the_weights_of_the_model()
    {
        var path = Written(_model, side: null);

        using var teacher = SafetensorsFile.Open(path);
        using var model = SafetensorsFile.Open(Path.Combine(_model, "unet", "diffusion_pytorch_model.safetensors"));
        var network = Assert.IsType<TextUnetSettings>(NetworkMetadata.Read(teacher.Metadata, path));
        Assert.Equal((16, 8, 0.00085, 0.012, 1000), (network.SampleSize, network.PixelsPerLatent, network.BetaStart, network.BetaEnd, network.TimeSteps));
        Assert.Equal(model.Entries.Keys.Order(), teacher.Entries.Keys.Order());
        foreach (var name in model.Entries.Keys)
        {
            using var expected = model.Read(name);
            using var actual = teacher.Read(name);
            Assert.True(expected.equal(actual).all().item<bool>(), name);
        }
    }

    [Fact]
    public void A_model_in_16_bits_stays_in_16_bits()
    {
        var model = Copy();
        File.Delete(Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors"));

        using var teacher = SafetensorsFile.Open(Written(model, side: null));

        Assert.All(teacher.Entries.Values, entry => Assert.Equal(ElementType.F16, entry.Type));
    }

    [Fact]
    public void Students_of_another_size_have_other_latents()
    {
        var teacher = new ModelTeacher(ModelFolder.Open(_model));

        Assert.Equal(new SampleShape(4, 8, 8), teacher.Network(64).Shape);
        Assert.Contains("name a multiple of 8", Assert.Throws<DisBackException>(() => teacher.Network(60)).Message, StringComparison.Ordinal);
        Assert.Throws<DisBackException>(() => teacher.Network(0));
    }

    [Fact]
    public void Weights_of_another_network_are_named_and_nothing_is_left()
    {
        var model = Copy();
        var weights = Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors");
        File.Copy(OracleFiles.PathOf("sdxl", "lora-diffusers.safetensors"), weights, overwrite: true);

        var error = Assert.Throws<DisBackException>(() => Written(model, side: null));

        Assert.Contains(weights, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "teacher.safetensors")));
    }

    [Fact]
    public void A_number_that_is_not_finite_is_named()
    {
        var model = Copy();
        var path = Path.Combine(model, "unet", "diffusion_pytorch_model.safetensors");
        List<(string, TorchSharp.torch.Tensor)> tensors;
        using (var file = SafetensorsFile.Open(path))
        {
            tensors = [.. file.Entries.Keys.Select(name => (name, file.Read(name)))];
        }
        tensors.Find(tensor => tensor.Item1 == "conv_out.bias").Item2.fill_(double.NaN);
        SafetensorsFile.Write(path, tensors);

        var error = Assert.Throws<DisBackException>(() => Written(model, side: null));

        Assert.Contains("'conv_out.bias'", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "teacher.safetensors")));
    }

    private string Written(string model, int? side)
    {
        var path = Path.Combine(_folder, "teacher.safetensors");
        var teacher = new ModelTeacher(ModelFolder.Open(model));
        teacher.Write(path, teacher.Network(side));
        return path;
    }

    private string Copy()
    {
        var copy = Path.Combine(_folder, "model");
        foreach (var file in Directory.EnumerateFiles(_model, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(_model, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return copy;
    }
}
