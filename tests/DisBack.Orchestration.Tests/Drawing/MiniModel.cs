using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Sdxl.Models;
using DisBack.Storage.Content;

namespace DisBack.Orchestration.Tests.Drawing;

/// <summary>The miniature model of SDXL's kind that lies beside the tests, and what is drawn with it.</summary>
internal static class MiniModel
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "sdxl");

    /// <summary>Stores its files and lists them.</summary>
    public static async Task<ModelManifest> StoreAsync(ContentStore contents)
    {
        var files = ImmutableArray.CreateBuilder<ModelFile>();
        foreach (var path in ModelFolder.Open(Folder).FilesToDraw(half: false, withUNet: true))
        {
            files.Add(new(path, await contents.PutAsync(Path.Combine(Folder, path))));
        }
        return new() { Files = files.DrainToImmutable() };
    }

    /// <summary>A picture in one step.</summary>
    public static DrawingRequest OneStep(string prompt = "A photo of a dog.", int count = 1) => new() { Model = "mini", Prompts = [prompt], Count = count };

    /// <summary>A picture that nobody waits for: whoever draws it is still drawing when it is stopped.</summary>
    public static DrawingRequest Endless { get; } = OneStep() with { Steps = 900, Guidance = 5, Count = DrawingRequest.MostPictures };

    /// <summary>Asks again and again until a drawing satisfies a condition.</summary>
    public static async Task<DrawingView> UntilAsync(IDrawingGrain drawing, Func<DrawingView, bool> condition)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        DrawingView? last = null;
        while (!timeout.IsCancellationRequested)
        {
            last = await drawing.GetAsync();
            if (last is not null && condition(last))
            {
                return last;
            }
        }
        throw new TimeoutException($"The drawing is {last?.State}: {last?.Message} {last?.Progress}");
    }

    public static async Task<DrawingView> UntilAsync(IDrawingGrain drawing, DrawingState state)
    {
        var settled = await UntilAsync(drawing, view => view.State == state || view.State.IsSettled());
        return settled.State == state ? settled : throw new InvalidOperationException($"The drawing is {settled.State}: {settled.Message}");
    }
}
