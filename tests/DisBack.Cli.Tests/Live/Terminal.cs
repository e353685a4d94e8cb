using System.Globalization;
using System.Text.RegularExpressions;

namespace DisBack.Cli.Tests.Live;

/// <summary>What a terminal of a width shows of an output: line ends, the cursor's movements, erasing, and lines that go on in the next one.</summary>
internal static partial class Terminal
{
    public static string[] Show(string output, int width)
    {
        var lines = new List<char[]>();
        var (row, column) = (0, 0);
        for (var at = 0; at < output.Length; at++)
        {
            if (Control().Match(output, at) is { Success: true } control && control.Index == at)
            {
                Obey(control.Groups["what"].Value, control.Groups["count"].Value);
                at += control.Length - 1;
                continue;
            }
            switch (output[at])
            {
                case '\r':
                    column = 0;
                    break;
                case '\n':
                    (row, column) = (row + 1, 0);
                    break;
                case var character:
                    // The cursor stays at the end of a full line until the next character.
                    if (column == width)
                    {
                        (row, column) = (row + 1, 0);
                    }
                    Line()[column++] = character;
                    break;
            }
        }
        return [.. lines.Select(line => new string(line).TrimEnd()).Where(line => line.Length > 0)];

        char[] Line()
        {
            while (lines.Count <= row)
            {
                lines.Add([.. Enumerable.Repeat(' ', width)]);
            }
            return lines[row];
        }

        void Obey(string what, string count)
        {
            var n = count.Length == 0 ? 1 : int.Parse(count, CultureInfo.InvariantCulture);
            switch (what)
            {
                case "A":
                    row -= n;
                    break;
                case "B":
                    row += n;
                    break;
                case "K":
                    Line().AsSpan(count == "2" ? 0 : column).Fill(' ');
                    break;
            }
        }
    }

    [GeneratedRegex(@"\x1b\[\??(?<count>\d*)[;\d]*(?<what>[A-Za-z])")]
    private static partial Regex Control();
}
