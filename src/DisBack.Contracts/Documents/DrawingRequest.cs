using System.Collections.Immutable;

namespace DisBack.Contracts.Documents;

/// <summary>Pictures of prompts that are to be drawn with a registered model. What is left out is what the model's makers use.</summary>
[GenerateSerializer, Immutable, Alias("disback.DrawingRequest.v1")]
public sealed record DrawingRequest
{
    /// <summary>The most pictures of a request; each is a blob, and a line in the document.</summary>
    public const int MostPictures = 1000;

    private const int MostPromptLetters = 1 << 17;

    /// <summary>The model's name.</summary>
    [Id(0)] public string Model { get; init; } = "";

    /// <summary>What the pictures show.</summary>
    [Id(1)] public ImmutableArray<string> Prompts { get; init; } = [];

    /// <summary>What guidance leads away from; null is nothing, which is not the same as an empty text.</summary>
    [Id(2)] public string? NegativePrompt { get; init; }

    /// <summary>Pictures of each prompt; picture i of every prompt has the seed plus i.</summary>
    [Id(3)] public int Count { get; init; } = 1;

    /// <summary>Seed of the first picture of each prompt.</summary>
    [Id(4)] public long Seed { get; init; }

    /// <summary>Width in pixels; null, with the height, is that of the model's training.</summary>
    [Id(5)] public int? Width { get; init; }

    /// <summary>Height in pixels.</summary>
    [Id(6)] public int? Height { get; init; }

    /// <summary>The size that the model is told; null is that of the pictures.</summary>
    [Id(7)] public ToldSize? Told { get; init; }

    /// <summary>Evaluations of the denoiser; null is one, or with guidance 30.</summary>
    [Id(8)] public int? Steps { get; init; }

    /// <summary>The student's own time steps, falling; none are those of its number of steps.</summary>
    [Id(9)] public ImmutableArray<int> Timesteps { get; init; } = [];

    /// <summary>The scale of a teacher's guidance; null draws with a student.</summary>
    [Id(10)] public double? Guidance { get; init; }

    /// <summary>Pictures that are sampled at a time. It changes memory and time, and no picture.</summary>
    [Id(11)] public int Batch { get; init; } = 1;

    /// <summary>A device kind, <c>cpu</c> or <c>cuda</c>, or the name of one device, <c>cuda:1</c>.</summary>
    [Id(12)] public string Device { get; init; } = "cpu";

    /// <summary>How the model computes, <c>fp32</c>, <c>fp16</c> or <c>bf16</c>; null is fp32 on a CPU and bf16 elsewhere.</summary>
    [Id(13)] public string? Precision { get; init; }

    /// <summary>How many pictures there are to be.</summary>
    public int Pictures() => Prompts.Length * Count;

    /// <summary>How the model computes, said or not.</summary>
    public string ActualPrecision() => Precision ?? (Device == "cpu" ? "fp32" : "bf16");

    /// <summary>Refuses what needs no look at the model to be refused.</summary>
    /// <exception cref="DisBackException">It is refused.</exception>
    public void Check()
    {
        if (string.IsNullOrEmpty(Model))
        {
            throw new DisBackException("The drawing names no model; give the name of a registered one as 'model'.");
        }
        if (Prompts.IsDefaultOrEmpty || Prompts.Any(prompt => prompt is null))
        {
            throw new DisBackException("The drawing has no prompt; say in 'prompts' what the pictures are to show.");
        }
        if (Count < 1 || (long)Prompts.Length * Count > MostPictures)
        {
            throw new DisBackException($"A drawing has 1 to {MostPictures} pictures, and this one {Count} of each of {Prompts.Length} prompts; ask for fewer.");
        }
        if (Prompts.Append(NegativePrompt).Any(text => text?.Length > MostPromptLetters || text?.Contains('\0', StringComparison.Ordinal) == true))
        {
            throw new DisBackException($"A prompt has a NUL or more than {MostPromptLetters:N0} letters; shorten it.");
        }
        if (Batch < 1 || Batch > MostPictures)
        {
            throw new DisBackException($"A batch has 1 to {MostPictures} pictures, and this one {Batch}.");
        }
        if (Width is null != Height is null)
        {
            throw new DisBackException("The drawing has a width without a height, or a height without a width; give both, or none.");
        }
        if (Timesteps.IsDefault)
        {
            throw new DisBackException("The drawing has null for 'timesteps'; leave them out, or give a list.");
        }
        if (Guidance is not null && Timesteps.Length > 0)
        {
            throw new DisBackException("Time steps are a student's and guidance is a teacher's; give one of them.");
        }
        if (Guidance is { } scale && !double.IsFinite(scale))
        {
            throw new DisBackException("The guidance is not finite; give a number, 5 for example.");
        }
        if (Steps is not null && Timesteps.Length > 0)
        {
            throw new DisBackException("Time steps say how many steps there are; leave 'steps' out.");
        }
        if (Steps is < 1 or > 10_000 || Timesteps.Length > 1000)
        {
            throw new DisBackException($"A picture takes 1 to 10,000 steps, or up to 1,000 time steps, and not {Steps ?? Timesteps.Length:N0}.");
        }
        if (Device is null || (Device is not ("cpu" or "cuda") && !Device.StartsWith("cuda:", StringComparison.Ordinal)))
        {
            throw new DisBackException($"There is no device '{Device}'; it is cpu, cuda or cuda:N.");
        }
        if (Precision is not (null or "fp32" or "fp16" or "bf16"))
        {
            throw new DisBackException($"There is no precision '{Precision}'; it is fp32, fp16 or bf16.");
        }
    }
}

/// <summary>The size that a model of pictures is told, in pixels.</summary>
/// <param name="OriginalHeight">Height before the picture was scaled.</param>
/// <param name="OriginalWidth">Width before the picture was scaled.</param>
/// <param name="CropTop">What was cut off at the top.</param>
/// <param name="CropLeft">What was cut off at the left.</param>
/// <param name="TargetHeight">Height of the picture.</param>
/// <param name="TargetWidth">Width of the picture.</param>
[GenerateSerializer, Immutable, Alias("disback.ToldSize.v1")]
public sealed record ToldSize(
    [property: Id(0)] int OriginalHeight,
    [property: Id(1)] int OriginalWidth,
    [property: Id(2)] int CropTop,
    [property: Id(3)] int CropLeft,
    [property: Id(4)] int TargetHeight,
    [property: Id(5)] int TargetWidth);
