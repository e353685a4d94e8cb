using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Specs.Reading;
using Spectre.Console;

namespace DisBack.Cli.Terminal;

/// <summary>Where a command writes: results to the standard output, everything else to the standard error.</summary>
internal sealed class Screen
{
    /// <summary>Wide enough that nothing is wrapped where the output is not a terminal.</summary>
    private const int PlainWidth = 4096;

    private static readonly JsonSerializerOptions s_indented = new(SpecJson.Options)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Made where it is needed first: a command that prints lines is over before the library has looked at its surroundings.</summary>
    private readonly Lazy<IAnsiConsole> _console;

    public Screen(TextWriter output, TextWriter error, bool live)
        : this(output, error, live, new Lazy<IAnsiConsole>(() => Open(output, live)))
    {
    }

    internal Screen(TextWriter output, TextWriter error, bool live, IAnsiConsole console)
        : this(output, error, live, new Lazy<IAnsiConsole>(console))
    {
    }

    private Screen(TextWriter output, TextWriter error, bool live, Lazy<IAnsiConsole> console) =>
        (Output, Error, IsLive, _console) = (output, error, live, console);

    /// <summary>The process's own terminal, plain where the output is redirected or <c>NO_COLOR</c> is set.</summary>
    public static Screen OfProcess() => new(System.Console.Out, System.Console.Error,
        !System.Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
    {
        Input = System.Console.IsInputRedirected ? null : System.Console.In,
    };

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public IAnsiConsole Console => _console.Value;

    /// <summary>Where a person types; null where nobody does.</summary>
    public TextReader? Input { get; init; }

    /// <summary>Whether the output is a terminal that can redraw lines.</summary>
    public bool IsLive { get; }

    public void Line(string text = "") => Output.WriteLine(text);

    /// <summary>Asks a question whose answer is no unless it is yes; null where there is nobody to ask.</summary>
    public async Task<bool?> AskAsync(string question, CancellationToken cancellation)
    {
        if (Input is not { } input)
        {
            return null;
        }
        await Error.WriteAsync($"{question} [y/N] ");
        await Error.FlushAsync(cancellation);
        // On a thread of its own: reading a terminal knows of no cancellation, and Ctrl-C must not wait for a line.
        var answer = await Task.Run(input.ReadLine, CancellationToken.None).WaitAsync(cancellation);
        return answer?.Trim().ToLowerInvariant() is "y" or "yes";
    }

    /// <summary>A fact and its value, aligned.</summary>
    public void Fact(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            Output.WriteLine($"{name,-16} {value}");
        }
    }

    public void Json(JsonNode? node) => Output.WriteLine(node?.ToJsonString(s_indented) ?? "null");

    /// <summary>Rows under headings, columns padded to the widest cell.</summary>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        IReadOnlyList<string>[] all = [headings, .. rows];
        var widths = headings.Select((_, column) => all.Max(row => row[column].Length)).ToArray();
        // Written at once: the process's output passes on every line that is written to it.
        var text = new StringBuilder();
        foreach (var (index, row) in all.Index())
        {
            var line = string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd();
            if (index == 0 && IsLive)
            {
                Console.MarkupLineInterpolated($"[bold]{line}[/]");
            }
            else
            {
                text.Append(line).Append(Output.NewLine);
            }
        }
        Output.Write(text);
    }

    private static IAnsiConsole Open(TextWriter output, bool live)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = live ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = live ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = live ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!live)
        {
            console.Profile.Width = PlainWidth;
        }
        return console;
    }
}
