using System.Text.Json;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Drawing;
using DisBack.Sdxl.Models;
using DisBack.Sdxl.Sampling;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Drawing;

/// <summary>From the files of a model and the texts of prompts to pixels, everything is what diffusers makes of them.</summary>
public sealed class PipelineOracleTests : IDisposable
{
    private readonly SafetensorsFile _oracle = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "pipeline.safetensors"));
    private readonly string _folder = OracleFiles.PathOf("sdxl", "mini");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ModelSource Student => new(ModelFolder.Open(_folder)) { UNet = Path.Combine(_folder, "SDXL_DisBack.bin") };

    public void Dispose() => _oracle.Dispose();

    [Theory]
    [InlineData("one_step", 1, false)]
    [InlineData("one_step", 1, true)]
    [InlineData("four_step", 4, false)]
    public void A_student_draws_what_diffusers_draws(string expected, int steps, bool keepsLoaded)
    {
        using var scope = NewDisposeScope();
        using var model = Open(Student, keepsLoaded);

        Check(expected, model, Request(new SamplingPlan.Student(model.StudentTimesteps(steps))));
    }

    [Theory]
    [InlineData("teacher_cfg", null)]
    [InlineData("teacher_cfg_negative", "negative_prompts")]
    public void A_teacher_with_guidance_draws_what_diffusers_draws(string expected, string? negative)
    {
        using var scope = NewDisposeScope();
        var plan = new SamplingPlan.Teacher(Steps: 5, Guidance: 8);
        for (var prompt = 0; prompt < 2; prompt++)
        {
            using var model = Open(new ModelSource(ModelFolder.Open(_folder)), keepsLoaded: false, prompt);
            var request = Request(plan);
            request = request with { Prompts = [request.Prompts[prompt]], NegativePrompt = negative is null ? null : Texts(negative)[prompt] };
            Check(expected, model, request, prompt);
        }
    }

    [Fact]
    public void Weights_in_several_files_are_those_in_one()
    {
        using var scope = NewDisposeScope();
        using var several = With("unet-sharded/diffusion_pytorch_model.safetensors.index.json");
        using var one = With("unet/diffusion_pytorch_model.fp16.safetensors");
        var request = Request(new SamplingPlan.Student([399]));

        foreach (var (picture, other) in several.Draw(request, null, Cancellation).Zip(one.Draw(request, null, Cancellation)))
        {
            Assert.Equal(0, (picture.Pixels - other.Pixels).abs().max().item<float>());
        }

        TextToImage With(string file) => Open(new ModelSource(ModelFolder.Open(_folder)) { UNet = Path.Combine(_folder, file) }, keepsLoaded: false);
    }

    private void Check(string expected, TextToImage model, PictureRequest request, int first = 0)
    {
        var pictures = model.Draw(request, null, Cancellation).ToList();
        for (var i = 0; i < pictures.Count; i++)
        {
            OracleFiles.AssertAgrees(_oracle.Read($"{expected}.decoded").narrow(0, first + i, 1), pictures[i].Pixels, $"{expected}.decoded");
        }
        Assert.Equal(request.Prompts, pictures.Select(picture => picture.Prompt));
    }

    private PictureRequest Request(SamplingPlan plan) => new()
    {
        Prompts = Texts("prompts"),
        Height = int.Parse(_oracle.Metadata["height"]),
        Width = int.Parse(_oracle.Metadata["width"]),
        Sampling = plan,
    };

    private string[] Texts(string key) => JsonSerializer.Deserialize<string[]>(_oracle.Metadata[key])!;

    /// <summary>A model whose pictures have the recorded noise, row after row.</summary>
    private TextToImage Open(ModelSource source, bool keepsLoaded, int row = 0) => new(
        source, new Placement(CPU, ScalarType.Float32), keepsLoaded, (_, _, _, _) => new RecordedNoise(_oracle, row++));

    private sealed class RecordedNoise(SafetensorsFile oracle, int row) : IPictureNoise
    {
        private int _step = -1;

        public Tensor Next()
        {
            var noise = _step < 0 ? oracle.Read("in.noise") : oracle.Read("in.step_noises")[_step];
            _step++;
            return noise.narrow(0, row, 1);
        }

        public void Dispose()
        {
        }
    }
}
