using System.CommandLine;
using System.Globalization;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Scalars;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Grains;

namespace DisBack.Cli.Commands;

/// <summary><c>disback scalars RUN...</c>: what runs have measured, as the files of other tools.</summary>
internal static class ScalarsCommand
{
    public static Command Create(Session session)
    {
        var names = NameArguments.Runs();
        names.Arity = ArgumentArity.OneOrMore;
        var output = new Option<string>("--output", "-o")
        {
            Description = "The folder in which each run gets a folder of its own.", HelpName = "FOLDER", Required = true,
        };
        var format = new Option<string>("--format")
        {
            Description = "Event files of TensorBoard, or JSON lines with the keys of Weights & Biases.",
            DefaultValueFactory = _ => Name(ScalarFormat.Tensorboard),
        };
        format.AcceptOnlyFromAmong([.. Enum.GetValues<ScalarFormat>().Select(Name)]);
        var follow = new Option<bool>("--follow") { Description = "Go on with what is measured until the runs settle; Ctrl-C ends it." };
        var command = new Command("scalars", "Writes all that runs have measured as files of TensorBoard or JSON lines.") { names, output, format, follow };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var (runs, sweeps) = (new List<RunId>(), new List<string>());
            foreach (var text in parsed.GetRequiredValue(names))
            {
                if (SweepCommand.IsNamedBy(text))
                {
                    sweeps.Add((await SweepCommand.FindAsync(installation.Archive, text, cancellation)).Id);
                }
                else
                {
                    runs.Add((await RunTarget.FindAsync(installation.Archive, text, cancellation)).Id);
                }
            }
            var folder = Path.GetFullPath(UserPath.Expand(parsed.GetRequiredValue(output)));
            var form = Enum.GetValues<ScalarFormat>().Single(known => Name(known) == parsed.GetRequiredValue(format));
            if (parsed.GetValue(follow))
            {
                await session.Screen.Error.WriteLineAsync(
                    $"What is measured goes to {folder} until the runs settle; Ctrl-C ends that, and what is written stays.");
            }
            using var export = new ScalarExport(installation, session, folder, form);
            await export.WriteAsync(runs, sweeps, parsed.GetValue(follow), cancellation);
            if (export.Runs > 0)
            {
                session.Screen.Line(string.Create(
                    CultureInfo.InvariantCulture, $"{export.Values:#,0} values of {export.Runs} {(export.Runs == 1 ? "run" : "runs")} are in {folder}."));
            }
            return (int)(export.IsDamaged ? ExitCode.Storage : ExitCode.Ok);
        });
        return command;
    }

    private static string Name(ScalarFormat format) => format.ToString().ToLowerInvariant();
}
