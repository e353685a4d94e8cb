using System.Globalization;

namespace DisBack.Cli.Prompts;

/// <summary>Two numbers as users write them.</summary>
internal static class PictureSize
{
    /// <summary>Width and height of <c>1216x832</c>, or of a square, <c>1024</c>.</summary>
    /// <exception cref="DisBackException">The text is something else.</exception>
    public static (int Width, int Height) Of(string text, string option)
    {
        var parts = text.Split('x');
        return parts.Length is 1 or 2 && Number(parts[0], out var width) && Number(parts[^1], out var height)
            ? (width, height)
            : throw new DisBackException($"{option} is '{text}'; say width and height in pixels, for example 1216x832, or one number for a square.");
    }

    /// <summary>Top and left of <c>0,0</c>.</summary>
    /// <exception cref="DisBackException">The text is something else.</exception>
    public static (int Top, int Left) Crop(string text, string option) =>
        text.Split(',') is [var one, var two] && Number(one, out var top) && Number(two, out var left)
            ? (top, left)
            : throw new DisBackException($"{option} is '{text}'; say what was cut off at the top and at the left in pixels, for example 0,0.");

    private static bool Number(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
