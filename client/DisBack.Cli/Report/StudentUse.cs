using DisBack.Diffusion.Files;
using DisBack.Distillation.Generators;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;

namespace DisBack.Cli.Report;

/// <summary>What a student makes and how others load it, for its card.</summary>
/// <param name="Makes">What it makes and in how many steps, as the end of a sentence.</param>
/// <param name="Task">The task by which model hubs list it.</param>
/// <param name="Python">A program that loads it.</param>
/// <param name="Note">What else there is to know of its samples, a sentence.</param>
internal sealed record StudentUse(string Makes, string Task, string Python, string Note)
{
    /// <summary>That of a student's file.</summary>
    /// <param name="path">The file, which is loaded unless it is a UNet or adapters of a model of SDXL's kind.</param>
    /// <param name="spec">The experiment that has made it.</param>
    /// <exception cref="DisBackException">The file is damaged.</exception>
    public static StudentUse Of(string path, ExperimentSpec spec)
    {
        using (var file = SafetensorsFile.Open(path))
        {
            if (spec.Student.Timesteps is { } timesteps && NetworkMetadata.Read(file.Metadata, path) is TextUnetSettings network)
            {
                return OfTexts(network, timesteps);
            }
        }
        using var student = StudentFile.Open(path);
        var shape = student.SampleShape;
        var classes = student.Classes > 0 ? $" of {student.Classes} classes" : "";
        return new(
            $"images of {shape.Width} x {shape.Height} pixels{classes} in {Steps(student.Steps)}",
            "unconditional-image-generation",
            PythonSnippet.Of(student),
            "Samples lie in [-1, 1].");
    }

    private static StudentUse OfTexts(TextUnetSettings network, IReadOnlyList<int> timesteps)
    {
        var side = network.SampleSize * network.PixelsPerLatent;
        var (load, option) = network.Adapter is null
            ? ($"pipe.unet.load_state_dict(load_file(\"{StudentFile.Name}\"))", "--unet")
            : ($"pipe.load_lora_weights(\"{StudentFile.Name}\")", "--lora");
        var steps = string.Join(", ", timesteps);
        return new(
            $"pictures of {side} x {side} pixels of prompts in {Steps(timesteps.Count)}",
            "text-to-image",
            $$"""
            import torch
            from diffusers import LCMScheduler, StableDiffusionXLPipeline
            from safetensors.torch import load_file

            pipe = StableDiffusionXLPipeline.from_pretrained("the teacher's model folder", torch_dtype=torch.float16).to("cuda")
            {{load}}
            pipe.scheduler = LCMScheduler.from_config(pipe.scheduler.config)
            pipe(
                "A photo of a dog.", num_inference_steps={{timesteps.Count}}, timesteps=[{{steps}}], guidance_scale=0, height={{side}}, width={{side}},
            ).images[0]
            """,
            $"`disback sample --model DIR {option} {StudentFile.Name} --prompt TEXT --timesteps {string.Join(' ', timesteps)} --size {side}x{side}` draws with "
                + "it too.");
    }

    private static string Steps(int count) => count == 1 ? "one step" : $"{count} steps";
}
