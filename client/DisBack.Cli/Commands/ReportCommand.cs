using System.CommandLine;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Report;
using DisBack.Cli.SweepReports;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Commands;

/// <summary><c>disback report SWEEP</c>: a sweep as one HTML file.</summary>
internal static class ReportCommand
{
    private const string FileName = "report.html";

    public static Command Create(Session session)
    {
        var name = SweepCommand.Name();
        var output = new Option<string?>("--output", "-o")
        {
            Description = $"The file to write; {FileName} in the folder of the sweep unless given.",
            HelpName = "FILE",
        };
        var command = new Command("report", "Writes a sweep as one HTML file that needs nothing else: results, charts, what explains them, how to repeat it.")
        {
            name, output,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var sweep = await SweepCommand.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            var report = await new SweepReportReader(installation, session.Time).ReadAsync(sweep, cancellation);
            var path = parsed.GetValue(output) is { } named
                ? UserPath.Expand(named)
                : Path.Combine(Directory.CreateDirectory(installation.Files.Of(sweep.Id)).FullName, FileName);
            HtmlPage.Write(path, new SweepReportPage(report).Html());
            foreach (var sentence in report.Damage)
            {
                await session.Screen.Error.WriteLineAsync($"disback: {sentence}");
            }
            session.Screen.Line(Path.GetFullPath(path));
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
