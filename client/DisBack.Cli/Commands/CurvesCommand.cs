using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Comparisons;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client.Curves;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback curves RUN...</c>: what many runs have measured, thinned for a chart.</summary>
internal static class CurvesCommand
{
    public static Command Create(Session session)
    {
        var names = new Argument<string[]>("RUN")
        {
            Description = "Runs, or all runs of a sweep as sweep/NAME.",
            Arity = ArgumentArity.OneOrMore,
        }.CompletedWith(KnownNames.TrialsAsync);
        var metrics = new Option<string[]>("--metric")
        {
            Description = "A metric, for example loss/fake; may be repeated.", HelpName = "METRIC", Required = true,
        };
        var points = Arguments.Positive(
            new Option<int>("--points")
            {
                Description = "Into how many parts a curve is divided at most; each has its lowest, mean and highest value.",
                HelpName = "N",
                DefaultValueFactory = _ => CurveQuery.UsualParts,
            },
            CurveQuery.MostParts);
        var by = new Option<string>("--by")
        {
            Description = "What the curves are laid over.", DefaultValueFactory = _ => ComparisonData.Name(PlaceKind.Step),
        };
        by.AcceptOnlyFromAmong([.. Enum.GetValues<PlaceKind>().Select(ComparisonData.Name)]);
        var (json, csv) = (Arguments.Json(), new Option<bool>("--csv") { Description = "Print the parts as comma-separated values." });
        var command = new Command("curves", "Shows what runs have measured, thinned for a chart so that no extreme is lost.")
        {
            names, metrics, points, by, json, csv,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(json) && result.GetValue(csv))
            {
                result.AddError("--json and --csv cannot both be printed; leave one out.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var runs = new List<string>();
            foreach (var text in parsed.GetRequiredValue(names))
            {
                runs.AddRange((await CompareCommand.TrialsAsync(installation.Archive, text, cancellation)).Select(trial => trial.Id));
            }
            var query = new CurveQuery([.. runs.Distinct()], parsed.GetRequiredValue(metrics))
            {
                Parts = parsed.GetRequiredValue(points),
                By = Enum.GetValues<PlaceKind>().Single(kind => ComparisonData.Name(kind) == parsed.GetRequiredValue(by)),
            };
            var set = await installation.Archive.CurvesAsync(query, cancellation);
            Print(session.Screen, set, parsed.GetValue(json), parsed.GetValue(csv));
            foreach (var sentence in set.Damaged)
            {
                await session.Screen.Error.WriteLineAsync($"disback: {sentence}");
            }
            return (int)(set.Damaged.Count > 0 ? ExitCode.Storage : ExitCode.Ok);
        });
        return command;
    }

    private static void Print(Screen screen, CurveSet set, bool json, bool csv)
    {
        if (json)
        {
            screen.Json(JsonSerializer.SerializeToNode(set, StorageJson.Options));
        }
        else if (csv)
        {
            screen.Line("run,metric,from,to,low,mean,high");
            foreach (var curve in set.Curves)
            {
                for (var part = 0; part < curve.From.Count; part++)
                {
                    screen.Line(CommaSeparated.Line(
                    [
                        curve.Run, curve.Metric, Number(curve.From[part]), Number(curve.To[part]), Number(curve.Low[part]), Number(curve.Mean[part]),
                        Number(curve.High[part]),
                    ]));
                }
            }
        }
        else if (set.Curves.Count > 0)
        {
            screen.Table(["RUN", "METRIC", "MEASURED", "FIRST", "LOWEST", "HIGHEST", "LAST"], set.Curves.Select(curve => (IReadOnlyList<string>)
            [
                curve.Run, curve.Metric, curve.Measured.ToString(CultureInfo.InvariantCulture), Texts.Number(curve.First), Texts.Number(curve.Low.Min()),
                Texts.Number(curve.High.Max()), Texts.Number(curve.Last),
            ]));
        }
        else if (set.Damaged.Count == 0)
        {
            screen.Line("These runs have not measured that; 'disback show RUN' names the metrics of a run.");
        }
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
