namespace DisBack.Sdxl.Drawing;

/// <summary>Pictures that are to be drawn: of each prompt the same number with the same seeds, so that pictures of two prompts can be compared.</summary>
public sealed record PictureRequest
{
    /// <summary>The longest side; attention takes memory with the fourth power of it.</summary>
    public const int LongestSide = 4096;

    /// <summary>Sides are multiples of it.</summary>
    public const int SideStep = 8;

    /// <summary>What they show.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>What guidance leads away from; null is nothing, which is not the same as an empty text.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>Pictures of each prompt; picture i of every prompt has the seed plus i.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Seed of the first picture of each prompt.</summary>
    public long Seed { get; init; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; init; } = 1024;

    /// <summary>Width in pixels.</summary>
    public int Width { get; init; } = 1024;

    /// <summary>The size that the denoiser is told; null is that of the pictures.</summary>
    public SizeCondition? Size { get; init; }

    /// <summary>How they are sampled.</summary>
    public required SamplingPlan Sampling { get; init; }

    /// <summary>Pictures that are sampled at a time. It changes memory and time, and no picture.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Refuses what cannot be drawn.</summary>
    /// <exception cref="DisBackException">It is refused.</exception>
    public void Check()
    {
        if (Prompts.Count == 0)
        {
            throw new DisBackException("There is no prompt: say what the picture is to show.");
        }
        if (Height % SideStep != 0 || Width % SideStep != 0 || Math.Min(Height, Width) < SideStep || Math.Max(Height, Width) > LongestSide)
        {
            throw new DisBackException($"A picture of {Width} x {Height} pixels cannot be drawn: both sides must be multiples of {SideStep}, at most "
                + $"{LongestSide}.");
        }
        if (Count < 1 || Batch < 1)
        {
            throw new DisBackException($"{Count} pictures in batches of {Batch} are none: ask for at least one of each.");
        }
        if (NegativePrompt is not null && Sampling is not SamplingPlan.Teacher { Guidance: > 1 })
        {
            throw new DisBackException("Only guidance leads away from a negative prompt, and here is none: give a guidance above 1, which a teacher needs, or "
                + "leave the negative prompt out.");
        }
    }
}
