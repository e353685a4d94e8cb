using System.CommandLine;
using System.Globalization;

namespace DisBack.Cli.Options;

/// <summary>Ages as a command line has them: a number with a unit, as in filters: <c>90s</c>, <c>15m</c>, <c>12h</c>, <c>1d</c>.</summary>
internal static class Age
{
    private static readonly Dictionary<char, TimeSpan> s_units = new()
    {
        ['s'] = TimeSpan.FromSeconds(1),
        ['m'] = TimeSpan.FromMinutes(1),
        ['h'] = TimeSpan.FromHours(1),
        ['d'] = TimeSpan.FromDays(1),
    };

    /// <summary>An option whose value is an age.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="usual">The age where none is given.</param>
    /// <param name="least">The lowest age that makes sense.</param>
    /// <param name="description">What it is for.</param>
    public static Option<TimeSpan> Option(string name, TimeSpan usual, TimeSpan least, string description) => new(name)
    {
        Description = description,
        HelpName = "AGE",
        DefaultValueFactory = _ => usual,
        CustomParser = result =>
        {
            var text = result.Tokens is [var token] ? token.Value : "";
            if (Parse(text) is not { } age)
            {
                result.AddError($"{name} is '{text}'; expected a number with a unit, such as 90s, 15m, 12h or 1d.");
                return default;
            }
            if (age < least)
            {
                result.AddError($"{name} is '{text}'; expected at least {Show(least)}.");
            }
            return age;
        },
    };

    /// <summary>An age in its largest whole unit.</summary>
    public static string Show(TimeSpan age)
    {
        var (unit, length) = s_units.Last(unit => age >= unit.Value || unit.Key == 's');
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, Math.Floor(age / length)):0}{unit}");
    }

    private static TimeSpan? Parse(string text) =>
        text.Length > 1 && s_units.TryGetValue(text[^1], out var unit)
            && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && count * unit.TotalDays <= TimeSpan.MaxValue.TotalDays / 2
                ? count * unit
                : null;
}
