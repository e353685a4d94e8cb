using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Sweeps;
using DisBack.Cli.Terminal;
using DisBack.Search.Importance;
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
            var importance = new SweepImportance(sweep, await installation.Archive.SweepTrialsAsync(sweep.Id, cancellation));
            if (parsed.GetValue(json))
            {
                PrintJson(session.Screen, importance);
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
        var trials = importance.Trials.ToString(CultureInfo.InvariantCulture);
        if (importance.Trials < OneWayAnalysis.FewestTrials)
        {
            screen.Line(importance.TooFew);
            return;
        }
        screen.Line($"{importance.Sweep}: what explains the variance of {importance.Metric} over {trials} complete trials, each axis by itself");
        screen.Table(["AXIS", "TRIALS", "GROUPS", "EXPLAINED", "ADJUSTED", "P"], importance.Axes.Select(axis => (IReadOnlyList<string>)
        [
            axis.Key,
            axis.Importance.Trials.ToString(CultureInfo.InvariantCulture),
            axis.Importance.Groups.ToString(CultureInfo.InvariantCulture),
            SweepImportance.Percent(axis.Importance.Explained),
            SweepImportance.Percent(axis.Importance.Adjusted),
            axis.Importance.Chance?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "-",
        ]));
        foreach (var sentence in importance.Caveats)
        {
            screen.Line(sentence);
        }
    }

    private static void PrintJson(Screen screen, SweepImportance importance) => screen.Json(JsonSerializer.SerializeToNode(
        new
        {
            importance.Sweep,
            importance.Metric,
            importance.Trials,
            Axes = importance.Axes.Select(axis => new
            {
                Axis = axis.Key,
                axis.Importance.Trials,
                axis.Importance.Groups,
                axis.Importance.Explained,
                axis.Importance.Adjusted,
                axis.Importance.Chance,
                axis.Importance.Lack,
            }),
        },
        StorageJson.Options));
}
