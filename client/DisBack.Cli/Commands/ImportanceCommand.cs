using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback importance SWEEP</c>: which axis explains how the results of a sweep differ.</summary>
internal static class ImportanceCommand
{
    public static Command Create(Session session)
    {
        var (name, json) = (SweepCommand.Name(), Arguments.Json());
        var command = new Command("importance", "Shows which axes of a sweep explain the differences of its results.") { name, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var sweep = await SweepCommand.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            var importance = SweepImportance.Of(sweep, await installation.Archive.SweepTrialsAsync(sweep.Id, cancellation));
            if (parsed.GetValue(json))
            {
                session.Screen.Json(JsonSerializer.SerializeToNode(importance, StorageJson.Options));
            }
            else
            {
                Print(session.Screen, importance);
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static void Print(Screen screen, SweepImportance importance)
    {
        if (importance.Trials >= importance.FewestTrials)
        {
            var trials = importance.Trials.ToString(CultureInfo.InvariantCulture);
            screen.Line($"{importance.Sweep}: what explains the variance of {importance.Metric} over {trials} complete trials, each axis by itself");
            screen.Table(["AXIS", "TRIALS", "GROUPS", "EXPLAINED", "ADJUSTED", "P"], importance.Axes.Select(axis => (IReadOnlyList<string>)
            [
                axis.Axis,
                axis.Trials.ToString(CultureInfo.InvariantCulture),
                axis.Groups.ToString(CultureInfo.InvariantCulture),
                Texts.Percent(axis.Explained),
                Texts.Percent(axis.Adjusted),
                axis.Chance?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "-",
            ]));
        }
        foreach (var sentence in importance.Remarks)
        {
            screen.Line(sentence);
        }
    }
}
