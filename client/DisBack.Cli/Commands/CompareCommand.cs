using System.CommandLine;
using DisBack.Cli.Comparisons;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Client.Curves;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Search.Histories;
using DisBack.Specs.Sweeps;

namespace DisBack.Cli.Commands;

/// <summary><c>disback compare RUN...</c>: runs side by side, those of one configuration and several seeds taken together.</summary>
internal static class CompareCommand
{
    public static Command Create(Session session)
    {
        var names = new Argument<string[]>("RUN")
        {
            Description = "Runs, or all runs of a sweep as sweep/NAME. Those that differ only in 'seed' and 'name' form one arm.",
            Arity = ArgumentArity.OneOrMore,
        }.CompletedWith(KnownNames.TrialsAsync);
        var metric = new Option<string>("--metric")
        {
            Description = "What is compared, for example fid, fid/quick or accuracy.", DefaultValueFactory = _ => MetricNames.Fid,
        };
        var goal = new Option<string?>("--goal") { Description = "Which values are better; minimize for fid and fid/..., else maximize." };
        goal.AcceptOnlyFromAmong([.. Enum.GetNames<Goal>().Select(name => name.ToLowerInvariant())]);
        var by = new Option<string>("--by")
        {
            Description = "What the curves are laid over.", DefaultValueFactory = _ => ComparisonData.Name(PlaceKind.Images),
        };
        by.AcceptOnlyFromAmong([.. Enum.GetValues<PlaceKind>().Select(ComparisonData.Name)]);
        var recording = new Option<bool>("--count-recording") { Description = "With --by images and device-seconds: count what stage 1 has used too." };
        var to = new Option<double?>("--to")
        {
            Description = "The value to reach; by default the best one that all of the runs have reached.", HelpName = "VALUE",
        };
        var (json, csv) = (Arguments.Json(), new Option<bool>("--csv") { Description = "Print the values at common places as comma-separated values." });
        var command = new Command("compare", "Compares runs: where their specs differ, their curves, and when they reach a value.")
        {
            names, metric, goal, by, recording, to, json, csv,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(recording) && result.GetValue(by) is not ("images" or "device-seconds"))
            {
                result.AddError("--count-recording is about --by images and --by device-seconds; leave it out.");
            }
            if (result.GetValue(json) && result.GetValue(csv))
            {
                result.AddError("--json and --csv cannot both be printed; leave one out.");
            }
            if (result.GetValue(to) is { } value && !double.IsFinite(value))
            {
                result.AddError("--to is no finite number; name a value that can be reached.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var name = parsed.GetRequiredValue(metric);
            var minimizes = parsed.GetValue(goal) is { } chosen ? Enum.Parse<Goal>(chosen, ignoreCase: true) == Goal.Minimize : MetricNames.LowerIsBetter(name);
            var question = new ComparisonQuestion(
                name,
                minimizes ? Direction.Minimize : Direction.Maximize,
                Enum.GetValues<PlaceKind>().Single(kind => ComparisonData.Name(kind) == parsed.GetRequiredValue(by)),
                parsed.GetValue(recording),
                parsed.GetValue(to));
            await using var installation = Installation.Of(parsed, session);
            var trials = new List<TrialDocument>();
            foreach (var text in parsed.GetRequiredValue(names))
            {
                trials.AddRange(await TrialsAsync(installation.Archive, text, cancellation));
            }
            var reader = new ComparisonReader(installation.Archive, question);
            var comparison = await reader.ReadAsync(trials, cancellation);
            Print(session.Screen, comparison, parsed.GetValue(json), parsed.GetValue(csv));
            return (int)Warn(session.Screen, reader, comparison);
        });
        return command;
    }

    /// <summary>The trials that a text means: of a sweep those that have begun.</summary>
    public static async Task<IReadOnlyList<TrialDocument>> TrialsAsync(IArchive archive, string text, CancellationToken cancellation)
    {
        if (!SweepCommand.IsNamedBy(text))
        {
            return [await archive.FindTrialAsync(text, cancellation)];
        }
        var sweep = await SweepCommand.FindAsync(archive, text, cancellation);
        var trials = new List<TrialDocument>();
        foreach (var trial in (await archive.SweepTrialsAsync(sweep.Id, cancellation)).Where(trial => !trial.Deleted))
        {
            // One that waits has no document.
            if (await archive.TrialAsync(GrainKeys.Trial(sweep.Id, trial.Ordinal), cancellation) is { } begun)
            {
                trials.Add(begun);
            }
        }
        return trials.Count > 0 ? trials : throw new DisBackException($"The sweep {sweep.Id} has no trials yet; wait until some have begun.");
    }

    private static void Print(Screen screen, Comparison comparison, bool json, bool csv)
    {
        if (json)
        {
            screen.Json(ComparisonData.Json(comparison));
        }
        else if (csv)
        {
            foreach (var line in ComparisonData.Csv(comparison))
            {
                screen.Line(line);
            }
        }
        else
        {
            new ComparisonText(screen, comparison).Print();
        }
    }

    /// <summary>Says what the comparison lacks, or could do better.</summary>
    private static ExitCode Warn(Screen screen, ComparisonReader reader, Comparison comparison)
    {
        if (reader.Quick is { } quick && comparison.Arms.All(arm => arm.Runs.All(run => run.Curve.Points.Count <= 2)))
        {
            screen.Error.WriteLine(
                $"disback: {comparison.Question.Metric} is measured at the start and at the end only; in between there is --metric {quick}.");
        }
        foreach (var damaged in reader.Damage)
        {
            screen.Error.WriteLine($"disback: {damaged}");
        }
        return reader.Damage.Count > 0 ? ExitCode.Storage : ExitCode.Ok;
    }
}
