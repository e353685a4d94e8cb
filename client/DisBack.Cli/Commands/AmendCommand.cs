using System.CommandLine;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Sweeps;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Search.Sweeps;
using DisBack.Specs.Sweeps;

namespace DisBack.Cli.Commands;

/// <summary><c>disback amend SWEEP</c>: adds trials, axes and values to a sweep, while it runs or after it has ended.</summary>
internal static class AmendCommand
{
    public static Command Create(Session session)
    {
        var name = SweepCommand.Name();
        var file = new Argument<string?>("SPEC")
        {
            Description = "The YAML file of the sweep with what is added; without it the spec that the sweep has.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var dry = new Option<bool>("--dry-run") { Description = "Only say what would run, and what it would cost." };
        var (set, json) = (Arguments.Set(), Arguments.Json());
        var command = new Command("amend", "Adds trials, axes and values to a sweep, for example with --set search.trials=100.") { name, file, set, dry, json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(file) is null && result.GetValue(set) is not { Length: > 0 })
            {
                result.AddError("Nothing says what to add; name the YAML file of the wider sweep, or give for example --set search.trials=100.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var sweep = await SweepCommand.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            var changes = parsed.GetRequiredValue(set);
            var plan = parsed.GetValue(file) is { } path ? SweepPlan.Read(path, changes) : SweepPlan.Parse(sweep.CurrentSpec, sweep.Id, changes);
            plan.RequireWidens(SweepPlan.Parse(sweep.CurrentSpec, sweep.Id));
            var trials = await installation.Archive.SweepTrialsAsync(sweep.Id, cancellation);
            var sampler = new SweepSampler(plan, [.. trials.Select(trial => trial.Point)]);
            var preparation = new SweepPreparation(installation, new Submission(installation, session.Screen), sweep);
            var (submission, added) = await preparation.PrepareAsync(plan, sampler, cancellation, trials.Count);
            if (parsed.GetValue(dry))
            {
                var forecast = await SweepForecast.OfAsync(
                    sweep.Id,
                    submission,
                    sampler.Total - trials.Count,
                    [.. added.Select(trial => (trial.Point, trial.Text.Spec))],
                    installation.Archive,
                    cancellation);
                SweepCommand.Print(session.Screen, plan, sampler, forecast, parsed.GetValue(json));
                return (int)ExitCode.Ok;
            }
            return (int)await AmendAsync(session, installation, sweep, plan, submission, cancellation);
        });
        return command;
    }

    private static async Task<ExitCode> AmendAsync(
        Session session,
        Installation installation,
        SweepDocument sweep,
        SweepPlan plan,
        SweepSubmission submission,
        CancellationToken cancellation)
    {
        if (await installation.ReachAsync(cancellation) is { } owner)
        {
            session.Screen.Line((await owner.AmendSweepAsync(sweep.Id, submission, cancellation)).Message);
            return ExitCode.Ok;
        }
        var device = plan.ExperimentAt(plan.Probes.First()).Spec.Hardware.Device;
        var control = await installation.HostAsync($"disback amend {sweep.Id}", device, cancellation);
        session.Screen.Line((await control.AmendSweepAsync(sweep.Id, submission, cancellation)).Message);
        return await new SweepFollower(session, installation, control).FinishAsync(sweep.Id, cancellation);
    }
}
