using System.Globalization;
using DisBack.Cli.Options;
using DisBack.Sdxl.Models;

namespace DisBack.Cli.Prompts;

/// <summary>Low-rank adapters as users name them.</summary>
internal static class AdapterOption
{
    /// <summary>A file and a strength behind an equals sign; a name that has one itself, and no number behind it, is a name.</summary>
    public static AdapterFile Of(string text)
    {
        var at = text.LastIndexOf('=');
        return at > 0 && double.TryParse(text[(at + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var strength) && double.IsFinite(strength)
            ? new(UserPath.Expand(text[..at]), strength)
            : new(UserPath.Expand(text));
    }
}
