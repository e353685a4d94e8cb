using System.CommandLine;
using System.Globalization;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Diffusion.Pictures;
using DisBack.Sdxl.Drawing;
using DisBack.Specs.Networks;

namespace DisBack.Cli.Prompts;

/// <summary>
/// Draws pictures of prompts: one to a file, several to a grid with a row for each prompt; in a folder each to a file of its own besides, as soon as it is
/// drawn. A PNG says in its texts what it was drawn from.
/// </summary>
internal sealed class PromptDrawing(Session session, PromptOptions options, ParseResult parsed)
{
    /// <summary>Pixels between the pictures of a grid.</summary>
    private const int Margin = 8;

    private readonly WorkProgress _progress = new(session);

    /// <summary>Draws.</summary>
    /// <param name="count">Pictures of each prompt.</param>
    /// <param name="seed">Seed of the first of them.</param>
    /// <param name="columns">Pictures in a row of the grid; null is all of a prompt.</param>
    /// <param name="file">The picture or grid.</param>
    /// <param name="folder">Where each picture goes besides; null for none.</param>
    /// <exception cref="DisBackException">The model or the request is refused, or a file cannot be written.</exception>
    public ExitCode Run(int count, long seed, int? columns, PictureFile file, string? folder)
    {
        using var model = options.Open(parsed);
        foreach (var adapter in model.Adapters)
        {
            session.Screen.Line($"A LoRA adapts {adapter}.");
        }
        var request = options.Request(parsed, model, count, seed);
        var all = request.Prompts.Count * count;
        // Before anything is drawn: a grid that is too large would be told too late.
        using var grid = Grid(session.Screen, all, new(3, request.Height, request.Width), columns ?? count, file.Format, folder is not null);
        foreach (var note in PictureTexts.NotesOn(model, request))
        {
            session.Screen.Error.WriteLine(note);
        }

        var made = _progress.Of(() => Draw(model, request, grid, folder));

        if (grid is not null)
        {
            file.Write(grid, PictureTexts.Of(request, request.Prompts, seed, options.Names(parsed)));
        }
        var place = folder is null ? $"in {file.Path}" : $"each in a file in {folder}";
        session.Screen.Line(string.Create(
            CultureInfo.InvariantCulture, $"{made} {(made == 1 ? "picture" : "pictures")}, {PictureTexts.Describe(request.Sampling)}, {place}."));
        return ExitCode.Ok;
    }

    /// <summary>An empty grid; none where there are too many pictures for one and each has a file of its own.</summary>
    public static ImageGrid? Grid(Screen screen, int all, SampleShape shape, int columns, PictureFormat format, bool mayLack)
    {
        try
        {
            return new(all, shape, columns, format, scale: 1, margin: all == 1 ? 0 : Margin);
        }
        catch (DisBackException tooLarge) when (mayLack)
        {
            screen.Error.WriteLine($"There will be no grid of the pictures: {tooLarge.Message}");
            return null;
        }
    }

    private int Draw(TextToImage model, PictureRequest request, ImageGrid? grid, string? folder)
    {
        var made = 0;
        foreach (var picture in model.Draw(request, Tell, session.Signals.Stopping))
        {
            using (picture)
            {
                grid?.Add(picture.Pixels);
                if (folder is not null)
                {
                    var name = string.Create(CultureInfo.InvariantCulture, $"{made:D5}.png");
                    new PictureFile(Path.Combine(folder, name), PictureFormat.Png).Write(PictureTexts.Png(picture, request, options.Names(parsed)));
                }
            }
            made++;
        }
        return made;
    }

    private void Tell(DrawingProgress progress)
    {
        var what = progress.Phase switch
        {
            DrawingPhase.Prompts => "prompts",
            DrawingPhase.Denoiser => "denoiser",
            DrawingPhase.Sampling => "steps",
            _ => "pictures",
        };
        _progress.Tell(what, progress.Done, progress.Of);
    }
}
