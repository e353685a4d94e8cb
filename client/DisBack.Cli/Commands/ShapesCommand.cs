using System.CommandLine;
using System.Globalization;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using SkiaSharp;

namespace DisBack.Cli.Commands;

/// <summary><c>disback data shapes</c>: pictures to try everything on, a folder for each class.</summary>
internal static class ShapesCommand
{
    private const int Side = 16;

    private static readonly (string Class, Action<SKCanvas, float, float, float, SKPaint> Draw)[] s_shapes =
    [
        ("circle", (canvas, x, y, radius, paint) => canvas.DrawCircle(x, y, radius, paint)),
        ("square", (canvas, x, y, radius, paint) => canvas.DrawRect(x - 0.9f * radius, y - 0.9f * radius, 1.8f * radius, 1.8f * radius, paint)),
        ("triangle", DrawTriangle),
    ];

    public static Command Create(Session session)
    {
        var folder = new Argument<string>("FOLDER") { Description = "The folder to make; it must not exist." };
        var count = Arguments.Count(1000, "Pictures of each class.");
        var seed = new Option<int>("--seed") { Description = "Decides sizes, places and colours.", DefaultValueFactory = _ => 0 };
        var command = new Command("shapes", $"Draws coloured circles, squares and triangles of {Side} x {Side} pixels, for the example.")
        {
            folder,
            count,
            seed,
        };
        command.SetAction(parsed =>
        {
            var root = UserPath.Expand(parsed.GetRequiredValue(folder));
            if (Path.Exists(root))
            {
                throw new DisBackException($"'{root}' exists; name a folder that does not, so that nothing of yours is mixed with the pictures.");
            }
            var random = new Random(parsed.GetValue(seed));
            foreach (var (name, draw) in s_shapes)
            {
                var into = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
                for (var i = 0; i < parsed.GetValue(count); i++)
                {
                    File.WriteAllBytes(Path.Combine(into, string.Create(CultureInfo.InvariantCulture, $"{i:D5}.png")), Picture(draw, random));
                }
            }
            var classes = string.Join(", ", s_shapes.Select(shape => shape.Class));
            session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"{root}: {parsed.GetValue(count)} pictures each of {classes}."));
        });
        return command;
    }

    private static byte[] Picture(Action<SKCanvas, float, float, float, SKPaint> draw, Random random)
    {
        using var bitmap = new SKBitmap(Side, Side, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var canvas = new SKCanvas(bitmap);
        var hue = 360 * random.NextSingle();
        canvas.Clear(SKColor.FromHsv((hue + 120 + 120 * random.NextSingle()) % 360, 20, 25));
        using var paint = new SKPaint { Color = SKColor.FromHsv(hue, 80, 100), IsAntialias = true };
        var radius = 4 + 2 * random.NextSingle();
        draw(canvas, Place(), Place(), radius, paint);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();

        float Place() => Side / 2f + 4 * random.NextSingle() - 2;
    }

    private static void DrawTriangle(SKCanvas canvas, float x, float y, float radius, SKPaint paint)
    {
        using var path = new SKPath();
        path.MoveTo(x, y - radius);
        path.LineTo(x + radius, y + radius);
        path.LineTo(x - radius, y + radius);
        path.Close();
        canvas.DrawPath(path, paint);
    }
}
