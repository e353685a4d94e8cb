using System.Collections.Immutable;
using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>
/// Pictures of prompts as a job: it waits for a slot, has a worker draw, and keeps what came of it until it expires. Key: an id of 32 hexadecimal digits.
/// </summary>
[Alias("disback.IDrawingGrain")]
public interface IDrawingGrain : IGrainWithStringKey
{
    /// <summary>Submits it, once: whatever is submitted under the same id later changes nothing.</summary>
    /// <returns>The drawing as it is now.</returns>
    [Alias("Submit")]
    Task<DrawingView> SubmitAsync(DrawingRequest request, ModelManifest model);

    /// <summary>The drawing as it is now; null where there is none, or no more.</summary>
    [Alias("Get")]
    Task<DrawingView?> GetAsync();

    /// <summary>Ends it, unless it has settled; what was drawn before stays.</summary>
    /// <returns>The drawing as it is now; null where there is none.</returns>
    [Alias("Cancel")]
    Task<DrawingView?> CancelAsync();

    /// <summary>Has it look for itself what is to be done: a slot may be free, its worker may be dead, it may have expired.</summary>
    [Alias("Wake")]
    Task WakeAsync();

    /// <summary>How far an attempt has come; also its heartbeat.</summary>
    /// <returns>False if the attempt is not wanted any more and has to stop.</returns>
    [Alias("Progress")]
    Task<bool> ProgressAsync(int attempt, DrawingProgressReport report);

    /// <summary>An attempt has drawn its next picture, which is in the content store.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="number">Number of the picture, from 0; one that is known is taken for a repetition.</param>
    /// <param name="picture">The picture.</param>
    /// <returns>False if the attempt is not wanted any more and has to stop.</returns>
    [Alias("Drawn")]
    Task<bool> DrawnAsync(int attempt, int number, PictureRef picture);

    /// <summary>The thread of an attempt has ended, and with it the use of its slot.</summary>
    [Alias("Ended")]
    Task EndedAsync(int attempt, DrawingOutcome outcome);
}

/// <summary>How far the attempt of a drawing has come.</summary>
/// <param name="Stage">What it does.</param>
/// <param name="Done">How much of that is done.</param>
/// <param name="Of">How much there is.</param>
/// <param name="Notes">What the user should know of the pictures, a sentence each.</param>
[GenerateSerializer, Immutable, Alias("disback.DrawingProgressReport.v1")]
public sealed record DrawingProgressReport(
    [property: Id(0)] DrawingStage Stage, [property: Id(1)] int Done, [property: Id(2)] int Of, [property: Id(3)] ImmutableArray<string> Notes);

/// <summary>What a worker that draws does.</summary>
[GenerateSerializer, Alias("disback.DrawingStage.v1")]
public enum DrawingStage
{
    /// <summary>It waits for the model, which draws for another request, or for its files.</summary>
    Model,

    /// <summary>Text encoders are read and the prompts encoded.</summary>
    Prompts,

    /// <summary>The denoiser is read.</summary>
    Denoiser,

    /// <summary>Latents are sampled: progress counts evaluations of the denoiser.</summary>
    Sampling,

    /// <summary>Latents become pictures: progress counts pictures.</summary>
    Decoding,
}

/// <summary>How an attempt ended.</summary>
/// <param name="Cause">Null if everything was drawn.</param>
/// <param name="Message">The failure in one sentence.</param>
[GenerateSerializer, Immutable, Alias("disback.DrawingOutcome.v1")]
public sealed record DrawingOutcome([property: Id(0)] FailureCause? Cause = null, [property: Id(1)] string? Message = null);

/// <summary>A drawing as its user sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Request">What is drawn.</param>
/// <param name="State">How far it has come.</param>
/// <param name="Submitted">When it was submitted.</param>
/// <param name="Settled">When it settled; null before.</param>
/// <param name="Device">Worker and device that draw, or drew last; empty before the first attempt.</param>
/// <param name="Progress">What its worker does; null while none draws.</param>
/// <param name="Message">What it waits for, or why it failed, in one sentence; null where there is nothing to say.</param>
/// <param name="Cause">Why the last attempt failed; null if it did not.</param>
/// <param name="Notes">What the user should know of the pictures, a sentence each.</param>
/// <param name="Pictures">Those that are there, prompt by prompt and for each by seed.</param>
[GenerateSerializer, Immutable, Alias("disback.DrawingView.v1")]
public sealed record DrawingView(
    [property: Id(0)] string Id,
    [property: Id(1)] DrawingRequest Request,
    [property: Id(2)] DrawingState State,
    [property: Id(3)] DateTimeOffset Submitted,
    [property: Id(4)] DateTimeOffset? Settled,
    [property: Id(5)] string Device,
    [property: Id(6)] DrawingProgressReport? Progress,
    [property: Id(7)] string? Message,
    [property: Id(8)] FailureCause? Cause,
    [property: Id(9)] ImmutableArray<string> Notes,
    [property: Id(10)] ImmutableArray<PictureRef> Pictures)
{
    /// <summary>What the document of a drawing tells.</summary>
    public static DrawingView Of(DrawingDocument document) => new(
        document.Id,
        document.Request,
        document.State,
        document.Submitted,
        document.Settled,
        document.DeviceName,
        null,
        document.Message,
        document.Cause,
        document.Notes,
        document.Pictures);
}
