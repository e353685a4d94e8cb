using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Sweeps;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Search.Sweeps;
using DisBack.Specs.Sweeps;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback sweep SPEC</c>: many trials of one experiment; <c>sweep list</c>, <c>sweep show</c> and <c>best</c> look at them.</summary>
internal static class SweepCommand
{
    /// <summary>What comes before the name of a sweep where runs are named as well.</summary>
    public const string Prefix = "sweep/";

    /// <summary>Points that a forecast shows.</summary>
    private const int MostShown = 10;

    public static Command Create(Session session)
    {
        var file = new Argument<string?>("SPEC") { Description = "The YAML file of an experiment with a section 'search'.", Arity = ArgumentArity.ZeroOrOne };
        var dry = new Option<bool>("--dry-run") { Description = "Only say what would run, and what it would cost." };
        var (set, detach, json) = (Arguments.Set(), Arguments.Detach(), Arguments.Json());
        var command = new Command("sweep", "Runs a sweep of trials; repeating the command resumes it.")
        {
            file, set, dry, detach, json, List(session), Show(session),
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(file) is null)
            {
                result.AddError("The spec of the sweep is missing; name its YAML file, or use 'sweep list' or 'sweep show'.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var plan = SweepPlan.Read(parsed.GetRequiredValue(file)!, parsed.GetRequiredValue(set));
            var sampler = new SweepSampler(plan);
            await using var installation = Installation.Of(parsed, session);
            RunCommand.RefuseDetached(parsed.GetValue(detach), installation);
            var preparation = new SweepPreparation(installation, new Submission(installation, session.Screen));
            if (parsed.GetValue(dry))
            {
                var (planned, trials) = await preparation.PrepareAsync(plan, sampler, cancellation);
                var forecast = await SweepForecast.OfAsync(
                    GrainKeys.Sweep(planned.Name, planned.Spec),
                    planned,
                    sampler.Total,
                    [.. trials.Select(trial => (trial.Point, trial.Text.Spec))],
                    installation.Archive,
                    cancellation);
                Print(session.Screen, plan, sampler, forecast, parsed.GetValue(json));
                return (int)ExitCode.Ok;
            }
            var device = plan.ExperimentAt(plan.Probes.First()).Spec.Hardware.Device;
            var control = await installation.HostAsync($"disback sweep {parsed.GetRequiredValue(file)}", device, cancellation);
            var (submission, _) = await preparation.PrepareAsync(plan, sampler, cancellation);
            var id = await control.SubmitSweepAsync(submission, cancellation);
            if (parsed.GetValue(detach))
            {
                session.Screen.Line($"{id} is submitted; 'disback sweep show {id}' shows it.");
                return (int)ExitCode.Ok;
            }
            return (int)await new SweepFollower(session, installation, control).FinishAsync(id, cancellation);
        });
        return command;
    }

    public static Command Best(Session session)
    {
        var name = Name();
        var (count, json) = (Arguments.Count(5, "How many trials."), Arguments.Json());
        var command = new Command("best", "Shows the best trials of a sweep.") { name, count, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var sweep = await FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            var table = new SweepTrials(sweep);
            var best = table.Ranked(await installation.Archive.SweepTrialsAsync(sweep.Id, cancellation)).Take(parsed.GetRequiredValue(count)).ToList();
            Print(session.Screen, table, best, parsed.GetValue(json));
            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The argument that names a sweep.</summary>
    public static Argument<string> Name() => new("SWEEP") { Description = "Name, id or unique beginning of a sweep." };

    /// <summary>Whether a text names a sweep where runs are named as well.</summary>
    public static bool IsNamedBy(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Has the trials of a sweep paused or cancelled.</summary>
    public static async Task<ExitCode> StopAsync(
        Session session, Installation installation, string text, RunIntent intent, CancellationToken cancellation)
    {
        var sweep = await FindAsync(installation.Archive, text, cancellation);
        if (await installation.ReachAsync(cancellation) is { } owner)
        {
            await owner.SteerSweepAsync(sweep.Id, intent, cancellation);
            session.Screen.Line(intent == RunIntent.Pause
                ? $"{sweep.Id}: its trials pause after their next checkpoints."
                : $"{sweep.Id}: its trials are cancelled at their next steps.");
            return ExitCode.Ok;
        }
        if (intent == RunIntent.Pause)
        {
            session.Screen.Line($"{sweep.Id} is not running: no process works in {installation.Archive.Location}.");
            return ExitCode.Ok;
        }
        // This process ends in a moment, and what is cancelled must be settled by then.
        var control = await installation.HostAsync($"disback cancel {text}", "cpu", cancellation);
        await control.SteerSweepAsync(sweep.Id, intent, cancellation);
        await new SweepFollower(session, installation, control).SettledAsync(sweep.Id, cancellation);
        session.Screen.Line($"{sweep.Id} is cancelled.");
        return ExitCode.Ok;
    }

    /// <summary>Goes on with a sweep that was paused.</summary>
    public static async Task<ExitCode> ResumeAsync(Session session, Installation installation, string text, CancellationToken cancellation)
    {
        var sweep = await FindAsync(installation.Archive, text, cancellation);
        if (await installation.ReachAsync(cancellation) is { } owner)
        {
            await owner.SteerSweepAsync(sweep.Id, RunIntent.Run, cancellation);
            session.Screen.Line($"{sweep.Id} goes on.");
            return ExitCode.Ok;
        }
        var plan = SweepPlan.Parse(sweep.CurrentSpec, sweep.Id);
        var control = await installation.HostAsync($"disback resume {text}", plan.ExperimentAt(plan.Probes.First()).Spec.Hardware.Device, cancellation);
        return await new SweepFollower(session, installation, control).FinishAsync(sweep.Id, cancellation);
    }

    /// <summary>Deletes a sweep with its trials, after asking.</summary>
    public static async Task<ExitCode> DeleteAsync(Session session, Installation installation, string text, bool yes, CancellationToken cancellation)
    {
        var sweep = await FindAsync(installation.Archive, text, cancellation);
        var view = SweepView.Of(sweep, await installation.Archive.SweepTrialsAsync(sweep.Id, cancellation));
        if (!view.IsSettled)
        {
            throw new DisBackException($"The sweep {sweep.Id} has trials to come or under way; cancel it with 'disback cancel {Prefix}{sweep.Id}' first.");
        }
        var trials = view.Proposed;
        var what = $"the sweep {sweep.Id} with its {trials.ToString(CultureInfo.InvariantCulture)} trials";
        if (await Confirmation.RefusesAsync(session, "delete", "deleted", what, yes) is { } refused)
        {
            return refused;
        }
        var control = await installation.ReachAsync(cancellation) ?? await installation.HostAsync($"disback delete {text}", "cpu", cancellation);
        // The files first: as long as the sweep is known, a deletion that was interrupted can be repeated.
        installation.Files.Delete(sweep.Id);
        session.Screen.Line((await control.DeleteSweepAsync(sweep.Id, cancellation)).Message);
        return ExitCode.Ok;
    }

    /// <summary>The sweep that an id, a name or a unique beginning of one means.</summary>
    public static async Task<SweepDocument> FindAsync(IArchive archive, string text, CancellationToken cancellation)
    {
        var bare = IsNamedBy(text) ? text[Prefix.Length..] : text;
        return (string.IsNullOrWhiteSpace(bare) ? null : await archive.SweepAsync(bare, cancellation))
            ?? Lookup.Find(bare, await archive.SweepsAsync(cancellation), sweep => [sweep.Id, sweep.Name], "sweep");
    }

    private static Command List(Session session)
    {
        var json = Arguments.Json();
        var command = new Command("list", "Lists the sweeps, newest first.") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var views = new List<SweepView>();
            foreach (var sweep in await installation.Archive.SweepsAsync(cancellation))
            {
                views.Add(SweepView.Of(sweep, await installation.Archive.SweepTrialsAsync(sweep.Id, cancellation)));
            }
            if (parsed.GetValue(json))
            {
                session.Screen.Json(JsonSerializer.SerializeToNode(views, StorageJson.Options));
            }
            else if (views.Count == 0)
            {
                session.Screen.Line($"There are no sweeps in {installation.Archive.Location} yet; start one with 'disback sweep SPEC'.");
            }
            else
            {
                session.Screen.Table(["SWEEP", "TRIALS", "COMPLETE", "FAILED", "BEST", "SUBMITTED"], views.Select(Cells));
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static Command Show(Session session)
    {
        var name = Name();
        var json = Arguments.Json();
        var csv = new Option<bool>("--csv") { Description = "Print comma-separated values." };
        var command = new Command("show", "Shows the trials of a sweep.") { name, json, csv };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var sweep = await FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            var (table, trials) = (new SweepTrials(sweep), await installation.Archive.SweepTrialsAsync(sweep.Id, cancellation));
            if (parsed.GetValue(csv))
            {
                foreach (var line in table.Csv(trials))
                {
                    session.Screen.Line(line);
                }
                return (int)ExitCode.Ok;
            }
            if (!parsed.GetValue(json))
            {
                session.Screen.Line($"{sweep.Id}: {SweepFollower.Line(SweepView.Of(sweep, trials))}");
                SweepFollower.SayExhausted(session.Screen, sweep);
            }
            Print(session.Screen, table, trials, parsed.GetValue(json));
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static void Print(Screen screen, SweepTrials table, IReadOnlyList<SweepTrial> trials, bool json)
    {
        if (json)
        {
            screen.Json(JsonSerializer.SerializeToNode(trials, StorageJson.Options));
        }
        else if (trials.Count > 0)
        {
            screen.Table(table.Headings, trials.Select(table.Cells));
        }
    }

    /// <summary>Says what would run, of a sweep or of what is added to one.</summary>
    public static void Print(Screen screen, SweepPlan plan, SweepSampler sampler, SweepForecast forecast, bool json)
    {
        if (json)
        {
            screen.Json(JsonSerializer.SerializeToNode(
                new
                {
                    forecast.Id,
                    forecast.Trials,
                    Trajectories = forecast.Trajectories.Select(trajectory => new { Key = trajectory.Key, trajectory.Value.Trials, trajectory.Value.IsThere }),
                    forecast.RecordingSteps,
                    forecast.BacktrackingSteps,
                    forecast.DeviceSeconds,
                    forecast.MeasuredRuns,
                    forecast.Points,
                },
                StorageJson.Options));
            return;
        }
        var invariant = CultureInfo.InvariantCulture;
        var there = forecast.Trajectories.Values.Count(trajectory => trajectory.IsThere);
        screen.Line($"{forecast.Id}: {forecast.Trials.ToString(invariant)} trials, at most {plan.Search.MaxConcurrent.ToString(invariant)} at a time");
        screen.Fact("  trajectories", string.Create(
            invariant, $"{forecast.Trajectories.Count}: {there} there already, {forecast.Trajectories.Count - there} to be recorded once each"));
        screen.Fact("  steps", string.Create(invariant, $"{forecast.RecordingSteps} of stage 1 and {forecast.BacktrackingSteps} of stage 2"));
        screen.Fact("  device time", forecast.DeviceSeconds is { } seconds
            ? $"{Texts.Duration(TimeSpan.FromSeconds(seconds))} of one slot, by {forecast.MeasuredRuns.ToString(invariant)} complete runs of its teachers here"
            : "unknown: no run of its teachers is complete here");
        screen.Fact("  budget", plan.Search.Budget is { } budget ? Words(budget) : null);
        if (sampler.Learns)
        {
            screen.Line("  The points of this sampler depend on results; these are what it would propose without any.");
        }
        screen.Table(
            ["TRIAL", .. plan.Axes.Select(axis => axis.Label)],
            forecast.Points.Take(MostShown).Index().Select(trial => (IReadOnlyList<string>)
            [
                trial.Index.ToString("D4", invariant),
                .. plan.Axes.Select(axis => trial.Item.TryGetValue(axis.Key, out var coordinate) ? axis.Show(coordinate) : "-"),
            ]));
        if (forecast.Trials > MostShown)
        {
            screen.Line($"... and {(forecast.Trials - MostShown).ToString(invariant)} more");
        }
        screen.Line("Nothing was submitted.");
    }

    private static string Words(SweepBudget budget) => string.Join(", ", new (double? Most, string Unit)[]
    {
        (budget.Steps, "steps of stage 2"),
        (budget.Images, "images of stage 2"),
        (budget.DeviceSeconds, "device-seconds"),
        (budget.WallSeconds, "seconds since its submission"),
    }.Where(limit => limit.Most is not null).Select(limit => string.Create(CultureInfo.InvariantCulture, $"{limit.Most} {limit.Unit}")));

    private static string[] Cells(SweepView view) =>
    [
        view.Id,
        view.Trials.ToString(CultureInfo.InvariantCulture),
        view.Counts.GetValueOrDefault(RunStatus.Completed).ToString(CultureInfo.InvariantCulture),
        view.Counts.GetValueOrDefault(RunStatus.Failed).ToString(CultureInfo.InvariantCulture),
        view.Best?.Value is { } best ? $"{view.Objective.Metric} {Texts.Number(best)}" : "-",
        Texts.Time(view.Submitted),
    ];
}
