using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Sdxl.Drawing;

namespace DisBack.Orchestration.Drawing;

/// <summary>Requests as they are submitted, and as they are drawn.</summary>
internal static class RequestedPictures
{
    /// <summary>What is drawn, with what the model knows to be usual in place of what was left out.</summary>
    /// <exception cref="DisBackException">It cannot be drawn.</exception>
    public static PictureRequest Of(DrawingRequest request, TextToImage model)
    {
        var pictures = new PictureRequest
        {
            Prompts = request.Prompts,
            NegativePrompt = request.NegativePrompt,
            Count = request.Count,
            Seed = request.Seed,
            Height = request.Height ?? model.UsualSide,
            Width = request.Width ?? model.UsualSide,
            Size = request.Told is { } told
                ? new SizeCondition(told.OriginalHeight, told.OriginalWidth, told.CropTop, told.CropLeft, told.TargetHeight, told.TargetWidth)
                : null,
            Batch = request.Batch,
            Sampling = (request.Guidance, request.Timesteps) switch
            {
                ({ } guidance, _) => new SamplingPlan.Teacher(request.Steps ?? SamplingPlan.Teacher.UsualSteps, guidance),
                (_, { Length: > 0 } timesteps) => new SamplingPlan.Student(timesteps),
                _ => new SamplingPlan.Student(model.StudentTimesteps(request.Steps)),
            },
        };
        pictures.Check();
        return pictures;
    }

    /// <summary>What the texts of a picture call the model and what it is added to.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Names(DrawingRequest request, ModelManifest model) => PictureTexts.Names(
        request.Model, model.UNet?.Path, [.. model.Adapters.Select(adapter => (adapter.Name, adapter.Strength))], request.ActualPrecision());

    /// <summary>Progress as others see it.</summary>
    public static DrawingStage Of(DrawingPhase phase) => phase switch
    {
        DrawingPhase.Prompts => DrawingStage.Prompts,
        DrawingPhase.Denoiser => DrawingStage.Denoiser,
        DrawingPhase.Sampling => DrawingStage.Sampling,
        _ => DrawingStage.Decoding,
    };
}
