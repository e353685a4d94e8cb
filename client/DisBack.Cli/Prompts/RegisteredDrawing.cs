using System.CommandLine;
using System.Globalization;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Pictures;
using DisBack.Sdxl.Drawing;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Cli.Prompts;

/// <summary>
/// Has pictures of prompts drawn with a registered model, on a worker of the installation, and leaves the files that <see cref="PromptDrawing"/> leaves.
/// Whoever stops the command cancels the drawing.
/// </summary>
internal sealed class RegisteredDrawing(Session session, PromptOptions options, ParseResult parsed, Installation installation)
{
    /// <summary>How long a cancelled command may take to have its drawing cancelled, which ends by itself some time later at worst.</summary>
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(5);

    private readonly WorkProgress _progress = new(session);
    private readonly HashSet<string> _told = [];
    private readonly List<(ContentRef Content, byte[] Png)> _pictures = [];

    /// <summary>Draws.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="count">Pictures of each prompt.</param>
    /// <param name="seed">Seed of the first of them.</param>
    /// <param name="columns">Pictures in a row of the grid; null is all of a prompt.</param>
    /// <param name="file">The picture or grid.</param>
    /// <param name="folder">Where each picture goes besides; null for none.</param>
    /// <param name="cancellation">Stops the command.</param>
    /// <exception cref="DisBackException">The model or the request is refused, or a file cannot be written.</exception>
    public async Task<ExitCode> RunAsync(
        string model, int count, long seed, int? columns, PictureFile file, string? folder, CancellationToken cancellation)
    {
        var request = options.RequestFor(parsed, model, count, seed);
        var control = await installation.ReachAsync(cancellation)
            ?? await installation.HostAsync($"disback sample --model {model}", request.Device, cancellation);
        var id = GrainKeys.NewDrawing();
        DrawingView drawing;
        try
        {
            await control.DrawAsync(request, id, cancellation);
            drawing = await _progress.OfAsync(() => FollowAsync(control, id, folder, cancellation));
        }
        catch (Exception failure) when (failure is not NotFoundException)
        {
            await CancelAsync(control, id);
            throw;
        }
        if (drawing.State != DrawingState.Completed)
        {
            session.Screen.Error.WriteLine($"disback: {drawing.Message}");
            return drawing switch
            {
                { State: DrawingState.Cancelled } => ExitCode.Cancelled,
                { Cause: FailureCause.Invalid } => ExitCode.Invalid,
                { Cause: FailureCause.Storage } => ExitCode.Storage,
                _ => ExitCode.RunFailed,
            };
        }
        var texts = PngText.Read(_pictures[0].Png, "The first picture");
        Write(request, columns ?? count, file, folder is not null, texts);
        var place = folder is null ? $"in {file.Path}" : $"each in a file in {folder}";
        session.Screen.Line(string.Create(
            CultureInfo.InvariantCulture, $"{_pictures.Count} {(_pictures.Count == 1 ? "picture" : "pictures")}, {texts["sampling"]}, {place}."));
        return ExitCode.Ok;
    }

    private async Task<DrawingView> FollowAsync(IControl control, string id, string? folder, CancellationToken cancellation)
    {
        DrawingView? latest = null;
        await foreach (var now in control.FollowAsync(id, session.Time, cancellation))
        {
            latest = now;
            foreach (var sentence in now.State == DrawingState.Waiting ? [.. now.Notes, now.Message!] : now.Notes)
            {
                if (_told.Add(sentence))
                {
                    session.Screen.Error.WriteLine(sentence);
                }
            }
            if (now.Progress is { } progress)
            {
                Tell(progress);
            }
            await FetchAsync(now, folder, cancellation);
        }
        return latest!;
    }

    /// <summary>Fetches the pictures that are new. Another attempt begins with the first again, and mostly draws the same.</summary>
    private async Task FetchAsync(DrawingView drawing, string? folder, CancellationToken cancellation)
    {
        for (var number = 0; number < drawing.Pictures.Length; number++)
        {
            var content = drawing.Pictures[number].Content;
            if (number < _pictures.Count && _pictures[number].Content == content)
            {
                continue;
            }
            await using var stream = await installation.Archive.Content.OpenAsync(content, cancellation);
            var png = (await BinaryData.FromStreamAsync(stream, cancellation)).ToArray();
            if (number < _pictures.Count)
            {
                _pictures.RemoveRange(number, _pictures.Count - number);
            }
            _pictures.Add((content, png));
            if (folder is not null)
            {
                new PictureFile(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{number:D5}.png")), PictureFormat.Png).Write(png);
            }
        }
    }

    private void Tell(DrawingProgressReport progress)
    {
        var what = progress.Stage switch
        {
            DrawingStage.Model => "model",
            DrawingStage.Prompts => "prompts",
            DrawingStage.Denoiser => "denoiser",
            DrawingStage.Sampling => "steps",
            _ => "pictures",
        };
        _progress.Tell(what, progress.Done, progress.Of);
    }

    /// <summary>Writes the one picture as it came, or the grid of all, whose pixels are those of the pictures.</summary>
    private void Write(DrawingRequest request, int columns, PictureFile file, bool mayLack, IReadOnlyDictionary<string, string> texts)
    {
        if (_pictures is [var (_, only)] && file.Format == PictureFormat.Png)
        {
            file.Write(only);
            return;
        }
        using var scope = NewDisposeScope();
        var first = PictureReader.Read(_pictures[0].Png, "The first picture");
        var shape = new SampleShape(3, (int)first.shape[1], (int)first.shape[2]);
        if (PromptDrawing.Grid(session.Screen, _pictures.Count, shape, columns, file.Format, mayLack) is not { } grid)
        {
            return;
        }
        using (grid)
        {
            foreach (var (_, png) in _pictures)
            {
                using var inner = NewDisposeScope();
                grid.Add((PictureReader.Read(png, "A picture").unsqueeze(0).to(float32) / 127.5f) - 1);
            }
            file.Write(grid, texts.Select(text => text.Key switch
            {
                PictureTexts.Prompt => KeyValuePair.Create(text.Key, string.Join('\n', request.Prompts)),
                PictureTexts.Seed => KeyValuePair.Create(text.Key, string.Create(CultureInfo.InvariantCulture, $"{request.Seed}")),
                _ => text,
            }));
        }
    }

    private async Task CancelAsync(IControl control, string id)
    {
        using var farewell = new CancellationTokenSource(s_farewell, session.Time);
        try
        {
            await control.CancelDrawingAsync(id, farewell.Token);
        }
        catch (Exception)
        {
            // What stopped the command is what its user has to know; a drawing that nobody fetches expires.
        }
    }
}
