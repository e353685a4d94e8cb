using System.Globalization;
using DisBack.Diffusion.Pictures;
using DisBack.Specs.Networks;

namespace DisBack.Sdxl.Drawing;

/// <summary>What a PNG says of what it was drawn from, and PNGs that say it: the same bytes wherever the same pixels were drawn.</summary>
public static class PictureTexts
{
    /// <summary>The keyword of what is shown; a grid has all its prompts there, a line for each.</summary>
    public const string Prompt = "prompt";

    /// <summary>The keyword of the seed; a grid has that of its first picture of each prompt.</summary>
    public const string Seed = "seed";

    /// <summary>The texts of a picture or a grid.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="prompts">What it shows.</param>
    /// <param name="seed">Seed of the first picture.</param>
    /// <param name="names">What the model and what it is added to are called, see <see cref="Names"/>.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of(
        PictureRequest request, IReadOnlyList<string> prompts, long seed, IEnumerable<KeyValuePair<string, string>> names)
    {
        var size = request.Size ?? SizeCondition.Of(request.Height, request.Width);
        yield return new(Prompt, string.Join('\n', prompts));
        if (request.NegativePrompt is { } negative)
        {
            yield return new("negative prompt", negative);
        }
        yield return new(Seed, string.Create(CultureInfo.InvariantCulture, $"{seed}"));
        yield return new("noise", "float32, drawn on the CPU from the seed of each picture");
        yield return new("sampling", Describe(request.Sampling));
        yield return new("size", $"{request.Width}x{request.Height}");
        yield return new("size condition", $"original {size.OriginalWidth}x{size.OriginalHeight}, cropped at {size.CropTop},{size.CropLeft}, "
            + $"target {size.TargetWidth}x{size.TargetHeight}");
        foreach (var name in names)
        {
            yield return name;
        }
        yield return new("software", $"disback {typeof(PictureTexts).Assembly.GetName().Version}");
    }

    /// <summary>What the model and what it is added to are called.</summary>
    /// <param name="model">The model.</param>
    /// <param name="unet">The file of another UNet; null for none.</param>
    /// <param name="adapters">Files of adapters with their strengths.</param>
    /// <param name="precision">How it computes: fp32, fp16 or bf16.</param>
    public static IEnumerable<KeyValuePair<string, string>> Names(
        string model, string? unet, IReadOnlyList<(string Name, double Strength)> adapters, string precision)
    {
        yield return new("model", model);
        if (unet is not null)
        {
            yield return new("unet", unet);
        }
        if (adapters.Count > 0)
        {
            yield return new("lora", string.Join(", ", adapters.Select(lora => string.Create(CultureInfo.InvariantCulture, $"{lora.Name} ({lora.Strength})"))));
        }
        yield return new("precision", precision);
    }

    /// <summary>How a plan samples, in words.</summary>
    public static string Describe(SamplingPlan plan) => plan switch
    {
        SamplingPlan.Teacher teacher => string.Create(
            CultureInfo.InvariantCulture, $"as a teacher in {teacher.Steps} Euler steps with guidance {teacher.Guidance}"),
        SamplingPlan.Student { Timesteps: [var only] } => $"as a student in one step at {only}",
        SamplingPlan.Student student => $"as a student in {student.Timesteps.Count} steps at {string.Join(", ", student.Timesteps)}",
        _ => throw new ArgumentOutOfRangeException(nameof(plan), plan, "There is no such plan."),
    };

    /// <summary>A drawn picture as a PNG.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="request">What it was drawn for.</param>
    /// <param name="names">As for <see cref="Of"/>.</param>
    /// <exception cref="DisBackException">The texts are longer than a PNG of ours has them.</exception>
    public static byte[] Png(DrawnPicture picture, PictureRequest request, IEnumerable<KeyValuePair<string, string>> names)
    {
        using var alone = new ImageGrid(1, new SampleShape(3, request.Height, request.Width), 1, PictureFormat.Png, scale: 1, margin: 0);
        alone.Add(picture.Pixels);
        using var encoded = new MemoryStream();
        alone.Save(encoded);
        using var png = new MemoryStream();
        PngText.Write(encoded.GetBuffer().AsSpan(0, (int)encoded.Length), Of(request, [picture.Prompt], picture.Seed, names), png);
        return png.ToArray();
    }

    /// <summary>What the user should know of a drawing before it begins, a sentence each.</summary>
    /// <exception cref="DisBackException">The request cannot be drawn.</exception>
    public static IEnumerable<string> NotesOn(TextToImage model, PictureRequest request)
    {
        if (model.Plan(request).DecodesInTiles)
        {
            yield return "The pictures are too large to be decoded whole: they are decoded in tiles, whose colours differ a little.";
        }
        foreach (var prompt in request.Prompts)
        {
            if (model.CutOff(prompt) is > 0 and var tokens)
            {
                yield return $"The last {tokens} tokens of '{Shortened(prompt)}' have no effect: the model reads no more than come before them.";
            }
        }
    }

    private static string Shortened(string prompt) => prompt.Length <= 60 ? prompt : prompt[..60] + "...";
}
