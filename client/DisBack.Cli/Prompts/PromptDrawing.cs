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
        using var grid = Grid(all, request, columns ?? count, file.Format, folder is not null);
        Warn(model, request);

        var made = _progress.Of(() => Draw(model, request, grid, folder));

        if (grid is not null)
        {
            file.Write(grid, Texts(request.Prompts, seed, request));
        }
        var place = folder is null ? $"in {file.Path}" : $"each in a file in {folder}";
        session.Screen.Line(string.Create(
            CultureInfo.InvariantCulture, $"{made} {(made == 1 ? "picture" : "pictures")}, {Said(request.Sampling)}, {place}."));
        return ExitCode.Ok;
    }

    /// <summary>The grid, before anything is drawn; none where there are too many pictures for one and each has a file of its own.</summary>
    private ImageGrid? Grid(int all, PictureRequest request, int columns, PictureFormat format, bool mayLack)
    {
        try
        {
            return new(all, ShapeOf(request), columns, format, scale: 1, margin: all == 1 ? 0 : Margin);
        }
        catch (DisBackException tooLarge) when (mayLack)
        {
            session.Screen.Error.WriteLine($"There will be no grid of the pictures: {tooLarge.Message}");
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
                    using var alone = new ImageGrid(1, ShapeOf(request), 1, PictureFormat.Png, scale: 1, margin: 0);
                    alone.Add(picture.Pixels);
                    var name = string.Create(CultureInfo.InvariantCulture, $"{made:D5}.png");
                    new PictureFile(Path.Combine(folder, name), PictureFormat.Png).Write(alone, Texts([picture.Prompt], picture.Seed, request));
                }
            }
            made++;
        }
        return made;
    }

    private IEnumerable<KeyValuePair<string, string>> Texts(IReadOnlyList<string> prompts, long seed, PictureRequest request)
    {
        var size = request.Size ?? SizeCondition.Of(request.Height, request.Width);
        (string Keyword, string Text)[] texts =
        [
            ("prompt", string.Join('\n', prompts)),
            .. request.NegativePrompt is { } negative ? [("negative prompt", negative)] : Array.Empty<(string, string)>(),
            ("seed", string.Create(CultureInfo.InvariantCulture, $"{seed}")),
            ("noise", "float32, drawn on the CPU from the seed of each picture"),
            ("sampling", Said(request.Sampling)),
            ("size", $"{request.Width}x{request.Height}"),
            ("size condition", $"original {size.OriginalWidth}x{size.OriginalHeight}, cropped at {size.CropTop},{size.CropLeft}, "
                + $"target {size.TargetWidth}x{size.TargetHeight}"),
            .. options.Names(parsed),
            ("software", $"disback {typeof(PromptDrawing).Assembly.GetName().Version}"),
        ];
        return texts.Select(text => KeyValuePair.Create(text.Keyword, text.Text));
    }

    private void Warn(TextToImage model, PictureRequest request)
    {
        if (model.Plan(request).DecodesInTiles)
        {
            session.Screen.Error.WriteLine("The pictures are too large to be decoded whole: they are decoded in tiles, whose colours differ a little.");
        }
        foreach (var prompt in request.Prompts)
        {
            if (model.CutOff(prompt) is > 0 and var tokens)
            {
                session.Screen.Error.WriteLine(
                    $"The last {tokens} tokens of '{Shortened(prompt)}' have no effect: the model reads no more than come before them.");
            }
        }
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

    private static SampleShape ShapeOf(PictureRequest request) => new(3, request.Height, request.Width);

    private static string Said(SamplingPlan plan) => plan switch
    {
        SamplingPlan.Teacher teacher => string.Create(
            CultureInfo.InvariantCulture, $"as a teacher in {teacher.Steps} Euler steps with guidance {teacher.Guidance}"),
        SamplingPlan.Student { Timesteps: [var only] } => $"as a student in one step at {only}",
        SamplingPlan.Student student => $"as a student in {student.Timesteps.Count} steps at {string.Join(", ", student.Timesteps)}",
        _ => throw new ArgumentOutOfRangeException(nameof(plan), plan, "There is no such plan."),
    };

    private static string Shortened(string prompt) => prompt.Length <= 60 ? prompt : prompt[..60] + "...";
}
